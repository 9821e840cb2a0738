// The top of the chat: what this is, whose window it is, and the app.

import { dialog } from "/static/js/dialog.js";
import { h } from "/static/js/dom.js";
import { icon } from "/static/js/icons.js";
import { menu } from "/static/js/menu.js";
import { set, state } from "./store.js";
import { clear, connect, disconnect } from "./talk.js";

export const bar = () => [
  h("p", { class: "brand" }, h("strong", {}, "ChatGPT"), h("span", { class: "pill" }, "simulated")),
  state.online ? null : h("p", { class: "offline", role: "status" }, "Reconnecting …"),
  state.chat?.app ? theApp(state.chat) : null,
  state.chat ? thePerson(state.chat) : null,
];

const theApp = ({ app, connected, account }) =>
  menu(
    [
      h("span", { class: `light ${connected ? "on" : ""}`, "aria-hidden": "true" }),
      h("span", {}, app.name, h("span", { class: "standing" }, connected ? " connected" : " not connected")),
      icon("down"),
    ],
    connected
      ? [
          { label: "Show its tools", act: () => set({ showsTools: true }) },
          { label: "New chat", act: clear },
          { label: account ? `Disconnect ${account}` : "Disconnect", act: disconnect, danger: true },
        ]
      : [
          { label: "Connect", act: connect },
          { label: "New chat", act: clear },
        ],
    { kind: "app" },
  );

const thePerson = ({ me, people, company }) =>
  h(
    "details",
    { class: "menu whose" },
    h(
      "summary",
      { "aria-label": `${me.name}’s window` },
      h("span", { class: "avatar small", "aria-hidden": "true" }, me.initials),
      h("span", { class: "whose-name" }, me.name.split(" ")[0]),
      icon("down"),
    ),
    h(
      "ul",
      { class: "menu-list" },
      people
        .filter((each) => each.id !== me.id)
        .map((each) => h("li", { key: each.id }, h("a", { href: `/chat?as=${each.slug}` }, `Sit down as ${each.name}`))),
      h("li", { key: "back" }, h("a", { href: `/#${me.slug}` }, `Back to ${company}`)),
    ),
  );

const EFFECTS = { reads: "reads", changes: "changes something", "takes away": "takes something away" };

/** What the app can do, as it introduces itself. */
export function tools() {
  if (!state.showsTools || !state.chat) return null;
  const close = () => set({ showsTools: false });
  return dialog(
    { key: "tools", kind: "tools", labelled: "tools-title", onleave: close },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id: "tools-title" }, `${state.chat.app.name}’s ${state.chat.tools.length} tools`),
      h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: close }, icon("close")),
    ),
    h(
      "ul",
      { class: "dialog-body tool-list" },
      state.chat.tools.map((tool) =>
        h(
          "li",
          { key: tool.name },
          h("p", {}, h("code", {}, tool.name), h("span", { class: "pill" }, EFFECTS[tool.effect])),
          h("details", {}, h("summary", {}, tool.title, icon("down")), h("p", { class: "muted" }, tool.description)),
        ),
      ),
    ),
  );
}
