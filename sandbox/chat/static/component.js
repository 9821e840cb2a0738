// Components of the app, each in a frame of its own. What they ask for goes through this page, and asks the person
// where a prompt would.

import { h } from "/static/js/dom.js";
import { AppFrame } from "./app_frame.js";
import { busily, state } from "./store.js";
import { call as callTool, fetchComponent, note, send } from "./talk.js";
import { inTheSandbox } from "./words.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const living = new Set();

const theme = () => ({ theme: dark.matches ? "dark" : "light" });

dark.addEventListener("change", () => {
  for (const frame of living) frame.setContext(theme());
});

/** The component that shows this call, or its place while its page is on the way; nothing where there is none. */
export function frame(call) {
  const page = call.component ? state.components[call.component] : null;
  if (page === null) return null;
  if (page === undefined) {
    fetchComponent(call.component);
    return h("div", { key: "place", class: "component place" });
  }
  return h("div", {
    key: "component",
    class: "component",
    foreign: true,
    mount: (node) => show(node, page, call),
    unmount: end,
  });
}

const frames = new WeakMap();

function show(node, page, call) {
  const shown = new AppFrame(node, {
    ...page,
    title: call.title,
    context: { ...theme(), locale: navigator.language, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    callTool,
    openLink: (url) => window.open(inTheSandbox(url), "_blank", "noreferrer"),
    sendMessage: (text) => busily("send", () => send(text)),
    updateModelContext: ({ content, structuredContent }) => note(textOf(content) || JSON.stringify(structuredContent)),
  });
  frames.set(node, shown);
  living.add(shown);
  shown.show(call.arguments, call.result);
}

function end(node) {
  const shown = frames.get(node);
  living.delete(shown);
  shown.end();
}

const textOf = (content) =>
  (content ?? [])
    .filter((piece) => piece?.type === "text")
    .map((piece) => piece.text)
    .join("\n");
