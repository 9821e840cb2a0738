// The modal on top of a person's stack, and the question that a button may ask first.

import * as api from "./api.js";
import { blocks } from "./blocks.js";
import { dialog, focusFirst } from "./dialog.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { refresh } from "./live.js";
import { busily, names, put, state } from "./store.js";
import { text, withEmoji } from "./mrkdwn.js";
import { ofView } from "./surface.js";
import { complaints, valuesOf } from "./values.js";

const shown = (object, otherwise) => (object ? withEmoji(object.text) : otherwise);

/** The dialog for `state.slack.modal`, or nothing. */
export function modal() {
  const view = state.slack?.modal;
  if (!view) return null;
  const sending = Boolean(state.busy[`submit ${view.id}`]);
  const trouble = state.errors[view.id]?.[""];
  return dialog(
    { key: "modal", kind: "modal", labelled: "modal-title", onleave: () => leave(view) },
    h(
      "form",
      {
        key: view.id,
        novalidate: true,
        "aria-busy": sending ? "true" : undefined,
        onsubmit: (event) => submit(event, view),
        mount: (node) => node.closest("dialog").open && focusFirst(node),
      },
      h(
        "header",
        { class: "dialog-head" },
        h("span", { class: "app-mark", "aria-hidden": "true" }, icon("sparkle")),
        h("h2", { id: "modal-title" }, shown(view.title, "")),
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => leave(view) },
          icon("close"),
        ),
      ),
      h(
        "div",
        { class: "dialog-body" },
        trouble ? h("p", { class: "trouble", role: "alert" }, trouble) : null,
        blocks(view.blocks, ofView(view)),
      ),
      h(
        "footer",
        { class: "dialog-foot" },
        h(
          "button",
          { type: "button", class: "button", onclick: () => leave(view) },
          shown(view.close, view.submit ? "Cancel" : "Close"),
        ),
        view.submit
          ? h(
              "button",
              {
                type: "submit",
                class: `button primary ${sending ? "busy" : ""}`,
                "aria-disabled": sending ? "true" : undefined,
              },
              shown(view.submit, "Submit"),
            )
          : null,
      ),
    ),
  );
}

const leave = (view) =>
  busily(`close ${view.id}`, async () => {
    await api.slack.close(state.me, view.id);
    await refresh();
  });

/** Close the modal that is open, if one is. */
export const leaveModal = async () => state.slack?.modal && leave(state.slack.modal);

async function submit(event, view) {
  event.preventDefault();
  const form = event.currentTarget;
  if (!view.submit) return;
  const values = valuesOf(view.blocks, state.forms[view.id]);
  let errors = complaints(view.blocks, values);
  if (Object.keys(errors).length === 0) {
    put("errors", view.id, undefined);
    errors = (await busily(`submit ${view.id}`, () => send(view, values))) ?? {};
  }
  if (Object.keys(errors).length === 0) return;
  put("errors", view.id, errors);
  requestAnimationFrame(() => form.isConnected && focusFirst(form));
}

// What is wrong, by block; trouble with the whole form stands under the empty name.
async function send(view, values) {
  const answer = await api.slack.submit(state.me, view.id, values);
  if (answer.ok) await refresh();
  if (answer.errors) return answer.errors;
  return answer.ok ? {} : { "": `We had some trouble connecting. Try again? (${answer.error})` };
}

/** The dialog for `state.confirm`, or nothing. */
export function question() {
  const { confirm } = state;
  if (!confirm) return null;
  const style = confirm.style === "danger" ? "danger solid" : "primary";
  return dialog(
    { key: "question", kind: "question", labelled: "question-title", onleave: () => confirm.answer(false) },
    h("header", { class: "dialog-head" }, h("h2", { id: "question-title" }, shown(confirm.title, "Are you sure?"))),
    h("div", { class: "dialog-body prose" }, text(confirm.text, names)),
    h(
      "footer",
      { class: "dialog-foot" },
      h(
        "button",
        { type: "button", class: "button", onclick: () => confirm.answer(false) },
        shown(confirm.deny, "Cancel"),
      ),
      h(
        "button",
        { type: "button", class: `button ${style}`, onclick: () => confirm.answer(true) },
        shown(confirm.confirm, "Yes"),
      ),
    ),
  );
}
