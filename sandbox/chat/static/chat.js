// Starts the chat's page and draws it: each region of index.html from the store, after every change.

import { h, render } from "/static/js/dom.js";
import { icon } from "/static/js/icons.js";
import { closeMenusOutside } from "/static/js/menu.js";
import { onChange } from "/static/js/redraw.js";
import { bar, tools } from "./bar.js";
import { composer } from "./composer.js";
import { connectButton, entry, examples } from "./entries.js";
import { state } from "./store.js";
import { begin, lookForEnds } from "./talk.js";

const NEAR = 120; // pixels from the end at which the page goes on with what comes
const region = (id) => document.getElementById(id);

function draw() {
  const { chat, toast } = state;
  render(region("bar"), bar());
  render(region("conversation"), conversation());
  render(region("foot"), chat ? foot() : null);
  render(region("dialogs"), tools());
  render(region("toast"), toast ?? "");
  document.title = chat ? `${chat.me.name} · ChatGPT (simulated)` : "ChatGPT (simulated)";
  if (chat) {
    lookForEnds();
    keepUp();
  }
}

function conversation() {
  if (state.wrong) return nobody();
  if (!state.chat) return h("p", { class: "empty late" }, "Loading …");
  return [
    state.chat.entries.length ? null : welcome(state.chat),
    h(
      "div",
      { class: "log", role: "log", "aria-label": "Chat", key: "log", mount: (node) => grown.observe(node) },
      h("ol", {}, state.chat.entries.map(entry)),
    ),
  ];
}

const nobody = () =>
  h(
    "div",
    { class: "welcome" },
    h("h1", {}, "Whose window is this?"),
    h("p", {}, state.wrong),
    h("p", {}, h("a", { href: "/" }, "Choose somebody"), " on the demo’s first page."),
  );

function welcome({ me, app, connected, examples: prompts }) {
  const first = me.name.split(" ")[0];
  return h(
    "div",
    { class: "welcome", key: "welcome" },
    h("h1", {}, `What can I help with, ${first}?`),
    app
      ? [connected ? null : invitation(app), examples(prompts.slice(0, 4))]
      : h("p", {}, "There is no app to connect here: this sandbox runs without one."),
  );
}

const invitation = (app) =>
  h(
    "section",
    { class: "invitation", "aria-label": app.name, key: "invitation" },
    h("span", { class: "app-mark", "aria-hidden": "true" }, icon("sparkle")),
    h("div", {}, h("h2", {}, app.name), h("p", { class: "muted" }, "Your admin has added this app to the workspace.")),
    connectButton("Connect"),
  );

const foot = () => [
  composer(),
  h(
    "p",
    { class: "no-model", id: "no-model" },
    "This is no model: a router looks for a few words in what you type. The sign-in, the app and its tools are real.",
  ),
];

let newest = "";
let isAtEnd = true;
let top = 0;

// What is new is brought into view. Whoever is at the end stays there while it grows; whoever reads above is left alone.
function keepUp() {
  const page = region("conversation");
  const last = state.chat?.entries.at(-1);
  const now = last ? `${last.id} ${last.stage}` : "";
  if (now !== newest) isAtEnd = true;
  newest = now;
  if (isAtEnd) page.scrollTop = page.scrollHeight;
  top = page.scrollTop;
}

region("conversation").addEventListener("scroll", ({ target: page }) => {
  const isNear = page.scrollHeight - page.scrollTop - page.clientHeight < NEAR;
  if (isNear || page.scrollTop < top) isAtEnd = isNear; // what grows below is no turning away from the end
  top = page.scrollTop;
});
const grown = new ResizeObserver(keepUp);

onChange(draw);
document.addEventListener("click", closeMenusOutside);
draw();
begin();
