// What stands in the chat, entry by entry.

import { h } from "/static/js/dom.js";
import { icon } from "/static/js/icons.js";
import { called, question } from "./calls.js";
import { frame } from "./component.js";
import { complete } from "./composer.js";
import { busily, state } from "./store.js";
import { connect, send } from "./talk.js";
import { words } from "./words.js";

export const entry = (each) => h("li", { key: each.id, class: `entry ${each.kind}` }, SHOWN[each.kind](each));

const SHOWN = {
  said: ({ text }) => [h("span", { class: "sr-only" }, "You: "), h("p", { class: "bubble" }, text)],
  told: ({ text, examples: prompts, connect: offered }) => [
    h("p", {}, text),
    prompts.length ? examples(prompts) : null,
    offered && !state.chat.connected ? connectButton("Connect") : null,
  ],
  noted: ({ text }) =>
    h(
      "details",
      { class: "called" },
      h("summary", {}, icon("eye"), "The card told the model something", icon("down")),
      h("p", { class: "muted" }, "There is no model here, so it is told to you:"),
      h("p", {}, text),
    ),
  call: (call) => {
    if (call.stage === "asks") return question(call);
    if (call.stage === "running") {
      return h("p", { class: "doing" }, h("span", { class: "spinner", "aria-hidden": "true" }), call.doing);
    }
    if (call.stage === "declined") return [called(call), h("p", {}, "You said no, so nothing was done.")];
    if (call.stage === "failed") return [called(call), failure(call)];
    const picture = call.by_component ? [] : frame(call);
    return picture ? [called(call, words(call.words)), picture] : [called(call), words(call.words)];
  },
};

const failure = (call) => [
  h("div", { class: "failed", role: "alert" }, icon("alert"), words(call.words)),
  call.connect && !state.chat.connected ? connectButton("Connect again") : null,
];

export const examples = (prompts) =>
  h(
    "ul",
    { class: "examples", "aria-label": "Examples" },
    prompts.map((prompt) =>
      h("li", { key: prompt.text }, h("button", { type: "button", onclick: () => press(prompt) }, label(prompt))),
    ),
  );

const label = ({ text, whole }) => (whole ? text : `${text.trim()} …`);

function press({ text, whole }) {
  if (whole) busily("send", () => send(text));
  else complete(text);
}

export const connectButton = (name) =>
  h(
    "button",
    {
      type: "button",
      class: `button solid ${state.busy.connect ? "busy" : ""}`,
      disabled: Boolean(state.busy.connect),
      onclick: connect,
    },
    name,
  );
