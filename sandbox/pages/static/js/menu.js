// A button that opens a short list of things to do. Built on <details>: it works without a mouse.

import { h } from "./dom.js";

const close = (details) => {
  details.open = false;
};

/** `items` are {label, act, danger}; `label` are the children of the button, `props` go to its <details>. */
export function menu(label, items, { key, title, kind = "" } = {}) {
  const pick = (item) => (event) => {
    close(event.currentTarget.closest("details"));
    item.act();
  };
  return h(
    "details",
    { key, class: `menu ${kind}`, onkeydown: onKey, ontoggle: show },
    h("summary", { "aria-label": title, title }, label),
    h(
      "ul",
      { class: "menu-list" },
      items.map((item) =>
        h(
          "li",
          {},
          h("button", { type: "button", class: item.danger ? "danger-text" : "", onclick: pick(item) }, item.label),
        ),
      ),
    ),
  );
}

// The list may hang over the end of a panel that scrolls.
const show = ({ currentTarget: details }) => {
  if (details.open) details.querySelector(".menu-list").scrollIntoView({ block: "nearest" });
};

function onKey(event) {
  const details = event.currentTarget;
  const buttons = [...details.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (event.key === "Escape" && details.open) {
    close(details);
    details.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    details.open = true;
    const step = event.key === "ArrowDown" ? 1 : -1;
    buttons[(Math.max(at, step < 0 ? 0 : -1) + step + buttons.length) % buttons.length].focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Menus close when the visitor turns to something else. */
export function closeMenusOutside(event) {
  for (const details of document.querySelectorAll("details.menu[open]")) {
    if (!details.contains(event.target)) close(details);
  }
}
