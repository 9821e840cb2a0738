// Every request that a page makes. Answers are JSON; a failure becomes an error with a sentence for a person.

async function request(path, { method = "GET", body, signal } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new Error("The sandbox does not answer. Is it still running?", { cause });
  }
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`The sandbox answered with status ${response.status}.`);
  }
  if (response.ok || (method === "POST" && response.status < 500)) return answer; // a refusal says why, in `error`
  throw new Error(answer.error ?? `The sandbox answered with status ${response.status}.`);
}

export const get = (path, query = {}, signal) => {
  const search = new URLSearchParams(query).toString();
  return request(search ? `${path}?${search}` : path, { signal });
};
export const post = (path, body) => request(path, { method: "POST", body });

export const slack = {
  state: (as) => get("/slack/page/state", { as }),
  changes: (as, since, signal) => get("/slack/page/changes", { as, since }, signal),
  conversation: (as, id) => get(`/slack/page/conversation/${encodeURIComponent(id)}`, { as }),
  home: (as, quiet) => get("/slack/page/home", quiet ? { as, quiet: 1 } : { as }),
  command: (as, channel, command, text) => post("/slack/page/command", { as, channel, command, text }),
  shortcut: (as, callbackId) => post("/slack/page/shortcut", { as, callback_id: callbackId }),
  action: (as, container, action) => post("/slack/page/action", { as, container, ...action }),
  submit: (as, viewId, values) => post("/slack/page/submit", { as, view_id: viewId, values }),
  close: (as, viewId) => post("/slack/page/close", { as, view_id: viewId }),
  suggest: (as, container, question) =>
    post("/slack/page/suggest", { as, container, view_id: container.view_id, ...question }),
  // What is typed is sent the way mrkdwn wants it, as every Slack client does.
  say(as, channel, typed, threadTs) {
    const text = typed.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
    return post("/slack/page/say", threadTs ? { as, channel, text, thread_ts: threadTs } : { as, channel, text });
  },
  control: (order) => post("/slack/page/control", order),
};

export const chatgpt = {
  state: () => get("/chatgpt-page/state"),
  changes: (since, signal) => get("/chatgpt-page/changes", { since }, signal),
  accept: (email) => post("/chatgpt-page/accept", { email }),
  remove: (email) => post("/chatgpt-page/remove", { email }),
  role: (email, role) => post("/chatgpt-page/role", { email, role }),
  seat: (email, seatType) => post("/chatgpt-page/seat", { email, seat_type: seatType }),
  fault: (name, on) => post("/chatgpt-page/faults", { name, on, times: null }),
};

/** Whose e-mail address is whose: {people: [{id, name, email}]}. */
export const company = () => get("/company");

export const clock = {
  read: () => get("/clock"),
  skip: (seconds) => post("/clock", { skip_seconds: seconds }),
};
