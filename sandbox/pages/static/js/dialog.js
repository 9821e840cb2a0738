// Real dialogs: the rest of the page is inert, Tab stays inside, Esc closes, focus returns to where it was.

import { h } from "./dom.js";

const FOCUSABLE =
  "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary";
const FIELD = ".blocks input, .blocks select, .blocks textarea";

const focusable = (node) => [...node.querySelectorAll(FOCUSABLE)].filter((each) => each.checkVisibility());

/** Focus the first field of a dialog, or its first button. */
export function focusFirst(node) {
  (
    node.querySelector("[aria-invalid=true]") ??
    node.querySelector(FIELD) ??
    node.querySelector(".dialog-foot .primary") ??
    focusable(node)[0]
  )?.focus();
}

function keepTabInside(event) {
  if (event.key !== "Tab") return;
  const stops = focusable(event.currentTarget);
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (document.activeElement !== from) return;
  event.preventDefault();
  to.focus();
}

/** A dialog named by the element with the id `labelled`. `onleave` is called for Esc. */
export function dialog({ key, kind, labelled, onleave }, ...children) {
  return h(
    "dialog",
    {
      key,
      class: `dialog ${kind}`,
      "aria-labelledby": labelled,
      onkeydown: keepTabInside,
      oncancel(event) {
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onleave();
      },
      mount(node) {
        node.showModal();
        focusFirst(node);
      },
      unmount: (node) => node.close(),
    },
    children,
  );
}
