// Slack's mrkdwn, from text to described elements. What people wrote stays text: only &amp; &lt; &gt; are unescaped,
// and nothing is ever read as HTML.

import { slackDate } from "./dates.js";
import { h } from "./dom.js";
import { emojiFor } from "./emoji.js";

const unescape = (text) => text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);

/** Text with its :emoji: names replaced; the same for plain_text. `nodes` are strings. */
export const withEmoji = (text) =>
  text.replace(/:([\w+-]+?)(?:::skin-tone-\d)?:/g, (whole, name) => emojiFor(name) ?? whole);

/** A text object of Block Kit, as children. `names` knows people and channels: {person(id), channel(id), group(id), now()}. */
export function text(object, names) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  return lines(object.emoji === false ? object.text : withEmoji(object.text));
}

/** Children for a string of mrkdwn. */
export function mrkdwn(source, names) {
  return String(source)
    .split(/```\n?([\s\S]+?)```/)
    .flatMap((part, index) => (index % 2 ? h("pre", { class: "code" }, plain(part)) : quotes(part, names)));
}

function quotes(source, names) {
  const out = [];
  let quoted = [];
  let open = [];
  const closeText = () => {
    if (open.length) out.push(...inline(open.join("\n"), names));
    open = [];
  };
  const closeQuote = () => {
    if (quoted.length) out.push(h("blockquote", {}, inline(quoted.join("\n"), names)));
    quoted = [];
  };
  for (const line of source.replace(/^\n|\n$/g, "").split("\n")) {
    const match = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    if (match) {
      closeText();
      quoted.push(match[1]);
    } else {
      closeQuote();
      open.push(line);
    }
  }
  closeQuote();
  closeText();
  return out;
}

const plain = (source) => unescape(source.replace(/<([^>|]+)(?:\|([^>]*))?>/g, (_, target, label) => label ?? target));

function inline(source, names) {
  return source
    .split(/`([^`\n]+)`/)
    .flatMap((part, index) => (index % 2 ? h("code", {}, plain(part)) : tokens(part, names)));
}

// <...> tokens are set aside first, so that their insides are not read as emphasis.
function tokens(source, names) {
  const kept = [];
  const marked = source.replace(/<([^<>]+)>/g, (_, inside) => `\u0001${kept.push(token(inside, names)) - 1}\u0002`);
  return emphasis(marked, kept);
}

const STYLES = [
  { tag: "strong", pattern: /(^|[^\p{L}\p{N}*])\*(?=\S)([^*\n]*?[^\s*])\*(?![\p{L}\p{N}])/u },
  { tag: "em", pattern: /(^|[^\p{L}\p{N}_])_(?=\S)([^_\n]*?[^\s_])_(?![\p{L}\p{N}])/u },
  { tag: "s", pattern: /(^|[^\p{L}\p{N}~])~(?=\S)([^~\n]*?[^\s~])~(?![\p{L}\p{N}])/u },
];

function emphasis(source, kept) {
  let first = null;
  for (const style of STYLES) {
    const match = style.pattern.exec(source);
    if (match && (first === null || match.index + match[1].length < first.at)) {
      first = { match, tag: style.tag, at: match.index + match[1].length };
    }
  }
  if (first === null) return leaf(source, kept);
  const end = first.match.index + first.match[0].length;
  return [
    ...leaf(source.slice(0, first.at), kept),
    h(first.tag, {}, emphasis(first.match[2], kept)),
    ...emphasis(source.slice(end), kept),
  ];
}

function leaf(source, kept) {
  return source
    .split(/\u0001(\d+)\u0002/)
    .flatMap((part, index) => (index % 2 ? kept[Number(part)] : lines(withEmoji(unescape(part)))));
}

/** Children for plain text with line breaks. */
export const lines = (source) =>
  source
    .split("\n")
    .flatMap((line, index) => (index ? [h("br"), line] : [line]))
    .filter((node) => node !== "");

function token(inside, names) {
  const [target, label] = splitOnce(inside, "|");
  const mark = target[0];
  if (mark === "@") return mention(`@${names.person(target.slice(1)) ?? label ?? "someone"}`);
  if (mark === "#") return mention(`#${names.channel(target.slice(1)) ?? label ?? "channel"}`);
  if (mark === "!") return command(target.slice(1), label, names);
  return link(unescape(target), label === undefined ? undefined : unescape(label));
}

function command(target, label, names) {
  if (target.startsWith("date^")) {
    const [, unix, template, href] = target.split("^");
    const shown = slackDate(unix, unescape(template ?? ""), unescape(label ?? ""), names.now());
    return href ? link(unescape(href), shown) : h("time", { datetime: isoOf(unix) }, shown);
  }
  if (target.startsWith("subteam^")) {
    const handle = names.group(target.split("^")[1]);
    return mention(handle ? `@${handle}` : unescape(label ?? "@group"));
  }
  return mention(`@${unescape(label ?? target.split("^")[0])}`); // @channel, @here: shown, but they call nobody
}

const isoOf = (unix) => {
  const date = new Date(Number(unix) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

export const mention = (shown) => h("span", { class: "mention" }, shown);

/** A link, if its scheme is one that a person may safely follow; otherwise just its text. */
export function link(href, label) {
  const shown = label || href.replace(/^mailto:/, "");
  if (!/^(https?:\/\/|mailto:)/i.test(href)) return shown;
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, shown);
}

function splitOnce(source, separator) {
  const at = source.indexOf(separator);
  return at < 0 ? [source, undefined] : [source.slice(0, at), source.slice(at + 1)];
}
