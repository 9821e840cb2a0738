// A conversation: its messages, oldest first, with replies under what they answer.

import { avatar } from "./avatar.js";
import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { dayHeading, fullTime, ofTs, sameDay, timeOf } from "./dates.js";
import { h } from "./dom.js";
import { homeTab } from "./home.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { conversation, here, HOME, names, now, person, put, state } from "./store.js";
import { ofMessage } from "./surface.js";

const TOGETHER = 300; // seconds within which a person's messages stand under one name

// The newest message is brought into view when it arrives, unless the visitor has scrolled elsewhere to read.
let following = true;
let atEnd = true;
let leftAt = 0; // the scroll position that this page chose, and not the visitor
let broughtUp = null; // the ts of the newest message that was brought into view

export function conversationPanel() {
  if (!state.slack || state.place === null) return h("p", { class: "empty late" }, "Opening Slack …");
  if (state.place === HOME) return homeTab();
  const place = conversation(state.place);
  return [head(place), messages(place), composer(place)];
}

function head(place) {
  const channel = place?.kind === "channel";
  return h(
    "header",
    { class: "conversation-head", key: "head" },
    channel ? icon("hash") : avatar({ id: "", name: "Usher", is_bot: true }, "small"),
    h("h1", {}, place?.name.replace(/^#/, "") ?? ""),
    channel ? null : h("span", { class: "app-badge" }, "App"),
    h(
      "p",
      { class: "muted" },
      channel ? "Where Usher tells IT what needs a human" : "Messages between you and the app",
    ),
  );
}

function messages(place) {
  const list = state.messages;
  return h(
    "ol",
    {
      key: `messages ${here()}`,
      class: "messages",
      role: "log",
      "aria-live": "polite",
      "aria-label": `Messages in ${place?.name ?? "this conversation"}`,
      tabindex: 0,
      mount: () => {
        following = atEnd = true;
        broughtUp = null;
      },
      onscroll: ({ currentTarget: node }) => {
        atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 48;
        following = atEnd || Math.abs(node.scrollTop - leftAt) < 2;
      },
    },
    list === null ? h("li", { class: "empty late" }, "Loading …") : threads(list, place),
    list?.length === 0 ? greeting(place) : null,
    (state.notices[here()] ?? []).map((notice) =>
      h("li", { key: `notice ${notice.at}`, class: "notice" }, icon("alert"), h("span", {}, notice.sentence)),
    ),
  );
}

/** After each drawing: keep the newest message in view, also where it answers one further up. */
export function keepUp() {
  const node = document.querySelector(".messages");
  if (!node || !following) return;
  const newest = (state.messages ?? []).reduce((last, { ts }) => (ts > last ? ts : last), "");
  if (atEnd) node.scrollTop = node.scrollHeight;
  if (newest !== broughtUp) {
    const message = newest && document.getElementById(idOf(newest));
    if (message && !isWithin(message.getBoundingClientRect(), node.getBoundingClientRect())) {
      message.scrollIntoView({ block: "end" });
    }
    broughtUp = newest;
  }
  leftAt = node.scrollTop;
}

const isWithin = (inner, outer) => inner.top >= outer.top && inner.bottom <= outer.bottom;

/** Show one message of the conversation that is open, wherever it stands. */
export function reveal(ts) {
  const message = document.getElementById(idOf(ts));
  if (!message) return;
  following = false;
  message.scrollIntoView({ block: "center" });
  message.classList.add("revealed");
  message.addEventListener("animationend", () => message.classList.remove("revealed"), { once: true });
}

const idOf = (ts) => `message-${ts}`;

const greeting = (place) =>
  h(
    "li",
    { key: "greeting", class: "empty" },
    h("p", {}, "Nothing here yet."),
    place?.kind === "dm"
      ? h(
          "p",
          { class: "muted" },
          "Type ",
          h("code", {}, state.slack.commands[0]?.command ?? "/"),
          " below to ask for something.",
        )
      : null,
  );

function threads(list, place) {
  const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;
  const roots = list.filter((message) => !isReply(message) || !list.some((other) => other.ts === message.thread_ts));
  const repliesTo = (message) => list.filter((other) => isReply(other) && other.thread_ts === message.ts);
  return roots.flatMap((message, index) => {
    const before = roots[index - 1];
    const newDay = !before || !sameDay(ofTs(before.ts), ofTs(message.ts));
    const together = !newDay && repliesTo(before).length === 0 && follows(before, message);
    const replies = repliesTo(message);
    return [
      newDay
        ? h("li", { key: `day ${message.ts}`, class: "day" }, h("span", {}, dayHeading(ofTs(message.ts), now())))
        : null,
      h(
        "li",
        { key: message.ts, class: "thread" },
        bubble(message, place, together),
        replies.length
          ? h(
              "ol",
              { class: "replies", "aria-label": "Replies" },
              replies.map((reply) => h("li", { key: reply.ts }, bubble(reply, place, false))),
            )
          : null,
      ),
    ];
  });
}

const follows = (before, message) =>
  before.user === message.user &&
  before.ephemeral === message.ephemeral &&
  ofTs(message.ts) - ofTs(before.ts) < TOGETHER * 1000 &&
  !message.blocks?.length &&
  !before.blocks?.length;

function bubble(message, place, together) {
  const author = person(message.user) ?? {
    id: message.user ?? "",
    name: message.user_name ?? "Somebody",
    is_bot: !message.user,
  };
  const when = ofTs(message.ts);
  const time = h("time", { datetime: when.toISOString(), title: fullTime(when) }, timeOf(when));
  const edited = message.edited ? h("span", { class: "edited" }, "(edited)") : null;
  return h(
    "article",
    {
      id: idOf(message.ts),
      class: `message ${together ? "together" : ""} ${message.ephemeral ? "ephemeral" : ""}`,
    },
    h("div", { class: "gutter" }, together ? time : avatar(author)),
    h(
      "div",
      { class: "message-main" },
      message.ephemeral ? h("p", { class: "only-you" }, icon("eye"), "Only visible to you") : null,
      h(
        "header",
        { class: `message-head ${together ? "sr-only" : ""}` },
        h("strong", {}, author.name),
        author.is_bot ? h("span", { class: "app-badge" }, "App") : null,
        together ? null : time,
      ),
      message.blocks?.length
        ? [blocks(message.blocks, ofMessage(place.id, message)), edited]
        : h("div", { class: "prose" }, mrkdwn(message.text ?? "", names), edited ? [" ", edited] : null),
    ),
    message.ephemeral
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "icon-button reply",
            "aria-label": `Reply to ${author.name}`,
            title: "Reply in thread",
            onclick: () => answer(message),
          },
          icon("reply"),
        ),
  );
}

function answer(message) {
  put("replyTo", here(), message.thread_ts ?? message.ts);
  requestAnimationFrame(() => document.querySelector(".composer textarea")?.focus());
}
