// Where the person types.

import { h } from "/static/js/dom.js";
import { icon } from "/static/js/icons.js";
import { busily, set, state } from "./store.js";
import { send } from "./talk.js";

export const composer = () =>
  h(
    "form",
    {
      class: "composer",
      onsubmit(event) {
        event.preventDefault();
        const text = state.draft.trim();
        if (text) busily("send", () => send(text));
      },
    },
    h("textarea", {
      id: "composer",
      rows: 1,
      maxlength: 1000,
      value: state.draft,
      placeholder: "Ask something",
      "aria-label": "Message ChatGPT",
      "aria-describedby": "no-model",
      mount: (node) => node.focus(),
      oninput: (event) => set({ draft: event.target.value }),
      onkeydown(event) {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        event.currentTarget.form.requestSubmit();
      },
    }),
    h(
      "button",
      { type: "submit", class: "send", "aria-label": "Send", disabled: !state.draft.trim() || Boolean(state.busy.send) },
      icon("up"),
    ),
  );

/** Put a beginning into the composer, for the person to go on. */
export function complete(text) {
  set({ draft: text });
  requestAnimationFrame(() => {
    const field = document.getElementById("composer");
    field.focus();
    field.setSelectionRange(text.length, text.length);
  });
}
