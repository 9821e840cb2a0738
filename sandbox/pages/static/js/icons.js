// The icons of the page, drawn on a 20 by 20 grid with one stroke.

import { h } from "./dom.js";

const PATHS = {
  home: "M3.5 9 10 3.5 16.5 9v7a.8.8 0 0 1-.8.8h-3.5v-4.6H7.8v4.6H4.3a.8.8 0 0 1-.8-.8Z",
  hash: "M7.8 3.5 6.2 16.5M13.8 3.5l-1.6 13M4 7.5h13M3 12.5h13",
  chat: "M3.5 5.3A1.8 1.8 0 0 1 5.3 3.5h9.4a1.8 1.8 0 0 1 1.8 1.8v6.4a1.8 1.8 0 0 1-1.8 1.8H8.6L5 16.5v-3h.3a1.8 1.8 0 0 1-1.8-1.8Z",
  close: "m5 5 10 10M15 5 5 15",
  eye: "M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5Zm7.5 2.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z",
  send: "M3.5 16.5 17 10 3.5 3.5 5.3 9l6 1-6 1Z",
  zap: "M11 2.8 4.5 11.4H10l-1 5.8 6.5-8.6H10Z",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm0-11v4.2l2.8 1.6",
  forward: "m4 5 6 5-6 5Zm7 0 6 5-6 5Z",
  reply: "M8 5 3.5 9.5 8 14M3.8 9.5h7.7a5 5 0 0 1 5 5v.5",
  down: "m5 8 5 5 5-5",
  up: "M10 16.5v-13M4.5 9 10 3.5 15.5 9",
  check: "m4 10.5 4 4 8-9",
  people:
    "M7.5 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM2.5 16c0-2.6 2.2-4.2 5-4.2s5 1.6 5 4.2M13 4.3a2.8 2.8 0 0 1 0 5M14.5 12c1.8.5 3 1.9 3 4",
  sparkle: "M10 3c.6 4.2 2.8 6.4 7 7-4.2.6-6.4 2.8-7 7-.6-4.2-2.8-6.4-7-7 4.2-.6 6.4-2.8 7-7Z",
  alert: "M10 3.5 2.8 16h14.4ZM10 8v4m0 2v.3",
  more: "M5 10h.01M10 10h.01M15 10h.01",
};

/** A decorative icon; whatever stands beside it must say what it means. */
export const icon = (name) =>
  h("svg", { class: `icon icon-${name}`, viewBox: "0 0 20 20", "aria-hidden": "true" }, h("path", { d: PATHS[name] }));
