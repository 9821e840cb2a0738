// The top of the page: whose company this is, and its clock.

import { dayAndTime, duration } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { skipAhead } from "./live.js";
import { menu } from "./menu.js";
import { now, state } from "./store.js";

const SKIPS = [
  ["1 minute", 60],
  ["2 minutes", 120],
  ["1 hour", 3600],
  ["1 day", 86_400],
  ["1 week", 604_800],
  ["30 days", 2_592_000],
];

export function topbar() {
  const time = now();
  return [
    h(
      "p",
      { class: "brand" },
      h("span", { class: "app-mark", "aria-hidden": "true" }, icon("sparkle")),
      h("strong", {}, "Harbour Studio"),
      h("span", { class: "brand-sub" }, "Usher demo"),
    ),
    state.online ? null : h("p", { class: "offline", role: "status" }, "Reconnecting …"),
    h(
      "div",
      { class: "clock" },
      icon("clock"),
      h("time", { datetime: time.toISOString() }, dayAndTime(time)),
      state.ahead >= 1 ? h("span", { class: "ahead" }, `${duration(state.ahead)} ahead`) : null,
    ),
    menu(
      [icon("forward"), h("span", {}, "Skip ahead")],
      SKIPS.map(([name, seconds]) => ({ label: name, act: () => skipAhead(seconds) })),
      { kind: "skip", key: "skip" },
    ),
  ];
}
