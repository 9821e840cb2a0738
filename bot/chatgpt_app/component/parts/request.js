// One request: how far it is, what comes next, and what can be done about it.

const SOON = 10_000; // milliseconds until it is looked at again while it is moving; each time half as much longer
const SELDOM = 300_000;

/** What can be done, in this order: those that the answer names are offered. */
const ACTIONS = {
  extend_access: {
    label: "Extend",
    panel: reasonPanel,
    question: () => "Why do you need it longer?",
    consequence: "Whoever decides reads this. Until they agree nothing changes.",
    meanwhile: "Sending…",
    done: "asked for more time",
  },
  give_back_access: {
    label: "Give back",
    panel: confirmPanel,
    question: (app) => `Give back ${app}?`,
    consequence: "You lose the access, and what you keep only there may go with it. You can ask for it again.",
    meanwhile: "Giving back…",
    done: "gave the access back",
  },
  cancel_request: {
    label: "Cancel request",
    panel: confirmPanel,
    question: (app) => `Cancel the request for ${app}?`,
    consequence: "It is over then, and those who were asked see that. You can ask again.",
    meanwhile: "Cancelling…",
    done: "cancelled the request",
  },
};

const heading = theirs("h1", "", { tabindex: -1 });
const status = element("span");
const what = element("p", { class: "soft" });
const title = element("div", {}, element("div", { class: "head" }, heading, status), what);
const way = element("ol", { class: "way", "aria-label": "Progress" });
const details = place();
const actions = element("div", { class: "buttons" });
const opened = place();
const said = place();
const refresh = button("Refresh", { class: "plain refresh" }, async () => {
  if (await working(refresh, "Looking…", said, lookAgain)) announce(`It is up to date: ${shown.status}.`);
});
let shown = null;
let offered = "";

function showRequest(request) {
  shown = request;
  if (!way.isConnected) show(title, way, details, element("div", { class: "actions" }, actions, refresh), opened, said);
  const whom = request.for_whom ? [" · for ", theirs("span", request.for_whom)] : [];
  heading.textContent = request.app; // the elements stay, and with them the focus
  status.replaceChildren(badge(request.status));
  what.replaceChildren(request.what, ...whom);
  way.replaceChildren(...request.progress.map(step));
  details.replaceChildren(lines([...(request.assumed ?? []), ...request.details]) ?? "");
  showActions(request);
  keepLooking();
}

// -- how far it is ----------------------------------------------------------------------------------------------------
const MARKS = { done: "✓", now: "•", next: "", stopped: "✕" };
const SPOKEN = { done: "done", now: "under way", next: "still to come", stopped: "it stopped here" };

function step({ step: name, stand, at }, number, all) {
  const isLast = number === all.length - 1;
  const until = isLast && stand === "done" ? shown.until : undefined;
  const when = until ? ["until ", moment(until)] : at ? [moment(at)] : [];
  return element(
    "li",
    { class: `step ${stand}`, "aria-current": stand === "now" ? "step" : null },
    element("span", { class: "mark", "aria-hidden": "true" }, MARKS[stand]),
    element(
      "div",
      {},
      element("p", { class: "name" }, name, element("span", { class: "unseen" }, `: ${SPOKEN[stand]}`)),
      when.length ? element("p", { class: "when" }, when) : null,
    ),
  );
}

// -- what can be done -------------------------------------------------------------------------------------------------
/** Only where they changed. */
function showActions({ can, link }) {
  const now = JSON.stringify([can, link]);
  if (now === offered) return;
  offered = now;
  opened.replaceChildren();
  const possible = Object.entries(ACTIONS).filter(([tool]) => can.includes(tool));
  actions.replaceChildren(
    ...(link ? [linkButton("Open in Slack", link, said)] : []),
    ...possible.map(([tool, action]) =>
      button(action.label, { "aria-expanded": "false" }, ({ target }) => openPanel(tool, action, target)),
    ),
  );
}

/** What is asked before something is done, below the button that opened it. */
function openPanel(tool, action, opener) {
  const wasOpen = opener.getAttribute("aria-expanded") === "true";
  for (const each of actions.querySelectorAll("[aria-expanded]")) each.setAttribute("aria-expanded", "false");
  opened.replaceChildren();
  if (wasOpen) return;
  const close = () => {
    opener.setAttribute("aria-expanded", "false");
    opened.replaceChildren();
    opener.focus();
  };
  const act = async (args) => {
    const answer = await callTool(tool, { request_id: shown.request_id, ...args });
    close();
    showRequest(answer);
    heading.focus();
    tellModel(
      `On the page of the request the user ${action.done}: ${answer.app}, ${answer.what}. ` +
        `It stands at: ${answer.status}. request_id: ${answer.request_id}`,
    );
  };
  opener.setAttribute("aria-expanded", "true");
  opened.replaceChildren(action.panel(action, act, close));
  opened.querySelector("textarea, .stay").focus();
}

function confirmPanel({ question, consequence, label, meanwhile }, act, close) {
  const failed = place();
  const go = button(label, { class: "danger" }, () => working(go, meanwhile, failed, () => act({})));
  const asked = question(shown.app);
  return panel(
    asked,
    close,
    theirs("h2", asked),
    element("p", { class: "soft" }, consequence),
    failed,
    element("div", { class: "buttons" }, go, button("Keep it", { class: "stay" }, close)),
  );
}

function reasonPanel({ question, consequence, label, meanwhile }, act, close) {
  const failed = place();
  const reason = reasonField(question(shown.app), consequence);
  const go = button("Ask for it", { class: "first" }, () => {
    const why = reason.value();
    if (why) working(go, meanwhile, failed, () => act({ reason: why }));
  });
  const buttons = element("div", { class: "buttons" }, go, button("Not now", { class: "plain" }, close));
  return panel(label, close, reason.element, failed, buttons);
}

// -- looking again ----------------------------------------------------------------------------------------------------
let next;
let pause = SOON;
let inView = true;

async function lookAgain() {
  showRequest(await callTool("get_request", { request_id: shown.request_id }));
}

/** While it is moving, and somebody sees it, it is looked at again from time to time. */
function keepLooking() {
  clearTimeout(next);
  if (!shown || TONES[shown.status] !== "waits" || document.hidden || !inView) return;
  next = setTimeout(async () => {
    pause = Math.min(pause * 1.5, SELDOM);
    if (opened.hasChildNodes()) return keepLooking(); // somebody is writing, or thinking about it
    const before = shown.status;
    try {
      await lookAgain();
      if (shown.status !== before) announce(`It is ${shown.status} now.`);
    } catch {
      // Refresh says what is in the way
    }
  }, pause);
}

function lookAnew() {
  pause = SOON;
  keepLooking();
}

document.addEventListener("visibilitychange", lookAnew);
new IntersectionObserver((entries) => {
  inView = entries.at(-1).isIntersecting;
  lookAnew();
}).observe(page);

begin("usher-request", showRequest);
