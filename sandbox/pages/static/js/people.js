// Who the visitor is, and where that person can go.

import * as api from "./api.js";
import { avatar } from "./avatar.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { HOME, people, state } from "./store.js";

const humans = () => people().filter((person) => !person.is_bot);

export function peoplePanel(go) {
  return [
    h("h2", { class: "panel-title" }, "Who are you?"),
    h(
      "ul",
      { class: "cast" },
      humans().map((person) => h("li", { key: person.id }, card(person, go))),
    ),
    state.slack ? places(go) : null,
  ];
}

function card(person, go) {
  const isMe = person.id === state.me;
  const left = person.active === false;
  const unread = person.unread ?? 0;
  return h(
    "button",
    {
      type: "button",
      class: `person ${isMe ? "me" : ""} ${left ? "left" : ""}`,
      "aria-pressed": isMe ? "true" : "false",
      onclick: () => go(person.id, null),
    },
    h("span", { class: "avatar-box" }, avatar(person, "large"), badge(unread)),
    h("span", { class: "person-name" }, person.name),
    h("span", { class: "person-title" }, left ? "has left" : (person.title ?? "")),
  );
}

const badge = (count) =>
  count > 0 ? h("span", { class: "badge" }, String(count), h("span", { class: "sr-only" }, ` unread`)) : null;

function places(go) {
  const me = humans().find((person) => person.id === state.me);
  const here = state.place;
  const first = me?.name.split(" ")[0] ?? "";
  return h(
    "nav",
    { class: "places", "aria-label": `${first}’s conversations` },
    h("h2", { class: "panel-title" }, `${first}’s Slack`),
    h(
      "ul",
      {},
      [...state.slack.conversations]
        .sort((one, other) => one.kind.localeCompare(other.kind) * -1)
        .flatMap((each) => {
          const entry = place(
            each.id,
            each.kind === "dm" ? icon("chat") : icon("hash"),
            each.name.replace(/^#/, ""),
            each.unread,
            here,
            go,
          );
          return each.kind === "dm" ? [entry, place(HOME, icon("home"), `${each.name} Home`, 0, here, go)] : [entry];
        }),
    ),
    h("h2", { class: "panel-title" }, `${first}’s ChatGPT`),
    chatLink(first, "place", icon("sparkle"), h("span", { class: "place-name" }, "Open the chat")),
  );
}

/** To somebody's ChatGPT, a window of its own. `first` is their first name. */
export const chatLink = (first, kind, ...label) =>
  h(
    "a",
    { class: kind, href: `/chat?as=${first.toLowerCase()}`, target: "_blank", rel: "noreferrer" },
    label,
    h("span", { class: "sr-only" }, " (a new window)"),
  );

const place = (id, sign, name, unread, here, go) =>
  h(
    "li",
    { key: id },
    h(
      "button",
      {
        type: "button",
        class: "place",
        "aria-current": id === here ? "page" : undefined,
        onclick: () => go(state.me, id),
      },
      sign,
      h("span", { class: "place-name" }, name),
      badge(id === here ? 0 : unread),
    ),
  );

/** The switches by which somebody leaves the company's Slack, or comes back. */
export const departures = (run) =>
  humans().map((person) => ({
    key: person.id,
    title: `${person.name} has left`,
    description: "The Slack account is deactivated and the apps are told.",
    on: person.active === false,
    flipping: Boolean(state.busy[`leave ${person.id}`]),
    flip: () =>
      run(`leave ${person.id}`, () =>
        api.slack.control(person.active === false ? { reactivate: person.id } : { deactivate: person.id }),
      ),
  }));
