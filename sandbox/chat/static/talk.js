// What the page asks of the sandbox for the person who sits here, and how it follows their chat.

import { get, post } from "/static/js/api.js";
import { follow } from "/static/js/follow.js";
import { sitsHere } from "/static/js/sits-here.js";
import { busily, set, state } from "./store.js";

/** Load the chat and follow it for as long as the page is open. */
export async function begin() {
  try {
    await load();
  } catch (error) {
    set({ wrong: error.message });
    return;
  }
  follow({
    signal: new AbortController().signal,
    heard: (online) => online !== state.online && set({ online }),
    version: () => state.chat.version,
    poll: (since, ending) => get("/chat/page/changes", { as: state.who, since }, ending),
    load,
  });
}

async function load() {
  set({ chat: await get("/chat/page/state", { as: state.who }) });
}

async function act(name, body = {}) {
  const answer = await post(`/chat/page/${name}`, { as: state.who, ...body });
  await load(); // whoever acted need not wait for the long poll
  if (answer.error) throw new Error(answer.error);
  return answer;
}

export async function send(text) {
  set({ draft: "" });
  try {
    await act("say", { text });
  } catch (error) {
    set({ draft: state.draft || text });
    throw error;
  }
}

/** The answer to a call that asks first. Afterwards the person can type on. */
export function decide(id, agreed) {
  document.getElementById("composer").focus();
  return busily(`decide ${id}`, () => act("decide", { id, agreed }));
}

export const clear = () => busily("clear", () => act("clear"));
export const disconnect = () => busily("disconnect", () => act("disconnect"));
export const note = (text) => act("note", { text });

/** Off to the app, over its consent page and Slack, and back to this page. */
export const connect = () =>
  busily("connect", async () => {
    const { url } = await act("connect");
    if (!url) return; // the chat says why
    sitsHere(state.chat.me.id);
    location.assign(url);
    await new Promise(() => {}); // busy until the page is left
  });

/** A call that a component makes: its result, which may have to wait for the person. Throws where there is none. */
export async function call(tool, args) {
  const posted = await act("call", { tool, arguments: args });
  const entry = OPEN.has(posted.stage) ? await over(posted.id) : posted;
  if (entry?.result) return entry.result;
  throw new Error(entry?.stage === "declined" ? "You said no, so nothing was done." : (entry?.words ?? "It is over."));
}

const OPEN = new Set(["asks", "running"]);
const waiting = new Map(); // number of a call -> what to tell its end

function over(id) {
  const end = new Promise((resolve) => waiting.set(id, resolve));
  lookForEnds();
  return end;
}

/** After every change: whoever waits for a call that has ended is told. */
export function lookForEnds() {
  for (const [id, resolve] of waiting) {
    const entry = state.chat.entries.find((each) => each.id === id);
    if (entry && OPEN.has(entry.stage)) continue;
    waiting.delete(id);
    resolve(entry);
  }
}

/** Fetch a component's page, once. Where the app has none, the words have to do. */
export async function fetchComponent(uri) {
  if (uri in state.components || state.busy[uri]) return;
  await busily(uri, async () => {
    const page = await get("/chat/page/component", { as: state.who, uri });
    set({ components: { ...state.components, [uri]: page } });
  });
}
