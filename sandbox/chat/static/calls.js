// Calls of tools: the question before one that changes something, and what was called afterwards.

import { h } from "/static/js/dom.js";
import { icon } from "/static/js/icons.js";
import { state } from "./store.js";
import { decide } from "./talk.js";
import { record } from "./words.js";

const EFFECTS = {
  changes: "This changes something.",
  "takes away": "This takes something away, and may not be undone.",
};

/** Is it all right to call this? */
export function question(call) {
  const title = `question-${call.id}`;
  const isUnderWay = Boolean(state.busy[`decide ${call.id}`]);
  return h(
    "section",
    { class: "question", "aria-labelledby": title, tabindex: "-1", mount: takeFocus },
    h("h2", { id: title }, `${call.title}?`),
    h(
      "p",
      { class: "effect" },
      call.effect === "takes away" ? icon("alert") : null,
      h("span", {}, call.by_component ? "The card above wants this. " : "", EFFECTS[call.effect]),
    ),
    Object.keys(call.arguments).length ? record(call.arguments) : null,
    h(
      "div",
      { class: "answers" },
      h(
        "button",
        {
          type: "button",
          class: `button solid ${call.effect === "takes away" ? "danger" : ""}`,
          disabled: isUnderWay,
          onclick: () => decide(call.id, true),
        },
        "Confirm",
      ),
      h(
        "button",
        { type: "button", class: "button", disabled: isUnderWay, onclick: () => decide(call.id, false) },
        "Cancel",
      ),
    ),
  );
}

// Whoever has just sent a prompt goes on with its question; whoever is writing the next one is left alone.
function takeFocus(node) {
  if (!state.draft) node.focus({ preventScroll: true });
}

/** Which tool was called, and with what, folded up as in ChatGPT's developer mode; `said` where that stands nowhere else. */
export const called = (call, said = null) =>
  h(
    "details",
    { class: "called" },
    h(
      "summary",
      {},
      icon("zap"),
      call.stage === "declined" ? "Did not call " : call.by_component ? "The card called " : "Called ",
      h("code", {}, call.tool),
      icon("down"),
    ),
    h("h3", {}, "With"),
    Object.keys(call.arguments).length
      ? h("pre", {}, JSON.stringify(call.arguments, null, 2))
      : h("p", { class: "muted" }, "No arguments."),
    said ? [h("h3", {}, "It said"), said] : null,
  );
