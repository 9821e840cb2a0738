// What a tool says, as it says it: lines of text with addresses to press, or JSON for programs as names and values.

import { h } from "/static/js/dom.js";
import { state } from "./store.js";

const ADDRESS = /https?:\/\/[^\s<>"”)]+/g;

export function words(text) {
  const found = asRecord(text);
  if (found) return record(found);
  return h("div", { class: "words" }, text.split("\n").map((line) => h("p", {}, linked(line))));
}

/** Names and values, for arguments and whatever a tool says in JSON. */
export const record = (values) =>
  h(
    "dl",
    { class: "record" },
    Object.entries(values).flatMap(([name, value]) => [
      h("dt", {}, name.replaceAll("_", " ")),
      h("dd", {}, typeof value === "string" ? linked(value) : JSON.stringify(value)),
    ]),
  );

function asRecord(text) {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function linked(line) {
  const pieces = [];
  let from = 0;
  for (const { 0: address, index } of line.matchAll(ADDRESS)) {
    const url = address.replace(/[.,;:!?]+$/, "");
    pieces.push(line.slice(from, index));
    pieces.push(h("a", { href: inTheSandbox(url), target: "_blank", rel: "noreferrer" }, url));
    from = index + url.length;
  }
  return [...pieces, line.slice(from)];
}

/** Where an address leads. There is no Slack but the simulated one, which shows this person's messages. */
export function inTheSandbox(url) {
  const { hostname, pathname, href } = new URL(url);
  if (hostname !== "slack.com" && !hostname.endsWith(".slack.com")) return href;
  const message = /^\/archives\/\w+\/(p\d+)$/.exec(pathname);
  return `/#${state.chat.me.slug}/${message ? message[1] : "home"}`;
}
