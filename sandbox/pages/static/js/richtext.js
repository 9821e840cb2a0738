// The rich_text block: what Slack itself makes of a message that somebody typed.

import { slackDate } from "./dates.js";
import { h } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { lines, link, mention } from "./mrkdwn.js";

const INLINE = {
  text: (element) => lines(element.text),
  link: (element) => [link(element.url, element.text)],
  emoji: (element) => [emojiFor(element.name) ?? `:${element.name}:`],
  user: (element, names) => [mention(`@${names.person(element.user_id) ?? "someone"}`)],
  usergroup: (element, names) => [mention(`@${names.group(element.usergroup_id) ?? "group"}`)],
  channel: (element, names) => [mention(`#${names.channel(element.channel_id) ?? "channel"}`)],
  broadcast: (element) => [mention(`@${element.range}`)],
  date: (element, names) => [slackDate(element.timestamp, element.format, element.fallback ?? "", names.now())],
};

const STYLE_TAGS = { bold: "strong", italic: "em", strike: "s", code: "code" };

function inline(elements, names) {
  return (elements ?? []).flatMap((element) => {
    const children = INLINE[element.type]?.(element, names) ?? [];
    return Object.entries(STYLE_TAGS).reduce(
      (inside, [style, tag]) => (element.style?.[style] ? [h(tag, {}, inside)] : inside),
      children,
    );
  });
}

const PARTS = {
  rich_text_section: (part, names) => h("p", {}, inline(part.elements, names)),
  rich_text_quote: (part, names) => h("blockquote", {}, inline(part.elements, names)),
  rich_text_preformatted: (part, names) => h("pre", { class: "code" }, inline(part.elements, names)),
  rich_text_list: (part, names) =>
    h(
      part.style === "ordered" ? "ol" : "ul",
      {},
      part.elements.map((item) => h("li", {}, inline(item.elements, names))),
    ),
};

export const richText = (block, names) =>
  h(
    "div",
    { class: "rich" },
    (block.elements ?? []).map((part) => PARTS[part.type]?.(part, names) ?? null),
  );
