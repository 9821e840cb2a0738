// Where a person writes: messages, and slash commands with completion.

import * as api from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { notice, refresh } from "./live.js";
import { menu } from "./menu.js";
import { busily, here, put, redraw, state } from "./store.js";

let active = 0;
let dismissed = ""; // the text for which the visitor closed the list

const draft = () => state.drafts[here()] ?? "";

function offered(text) {
  if (!/^\/\S*$/.test(text) || text === dismissed) return [];
  return state.slack.commands.filter(({ command }) => command.startsWith(text) && command !== text);
}

export function composer(place) {
  const text = draft();
  const commands = offered(text);
  active = Math.min(active, Math.max(commands.length - 1, 0));
  const exact = state.slack.commands.find(({ command }) => text === command || text.startsWith(`${command} `));
  const replying = state.replyTo[here()];
  const label = place?.kind === "channel" ? `Message #${place.name.replace(/^#/, "")}` : `Message ${place?.name ?? ""}`;
  return h(
    "form",
    {
      class: "composer",
      key: `composer ${here()}`,
      onsubmit(event) {
        event.preventDefault();
        send(place);
      },
    },
    commands.length ? list(commands) : null,
    replying
      ? h(
          "p",
          { class: "replying" },
          "Replying in the thread",
          h(
            "button",
            { type: "button", class: "link-button", onclick: () => put("replyTo", here(), undefined) },
            "Stop",
          ),
        )
      : null,
    h(
      "div",
      { class: "composer-box" },
      h("textarea", {
        rows: 1,
        value: text,
        "aria-label": label,
        placeholder: place?.kind === "dm" ? `${label}, or type / …` : label,
        "aria-autocomplete": "list",
        "aria-haspopup": "listbox",
        "aria-controls": "commands",
        "aria-activedescendant": commands.length ? `command-${active}` : undefined,
        "aria-describedby": exact ? "command-hint" : undefined,
        oninput(event) {
          dismissed = "";
          put("drafts", here(), event.target.value);
        },
        onkeydown: (event) => onKey(event, commands),
      }),
      shortcuts(),
      h(
        "button",
        { type: "submit", class: "icon-button send", "aria-label": "Send", disabled: !text.trim() },
        icon("send"),
      ),
    ),
    h(
      "p",
      { class: "composer-hint", id: "command-hint" },
      exact
        ? [h("code", {}, exact.command), " ", exact.usage_hint || exact.description]
        : "Enter sends, Shift+Enter starts a new line",
    ),
  );
}

const shortcuts = () =>
  state.slack.shortcuts?.length
    ? menu(
        icon("zap"),
        state.slack.shortcuts.map((each) => ({ label: each.name, act: () => runShortcut(each) })),
        { title: "Shortcuts", kind: "up" },
      )
    : null;

const list = (commands) =>
  h(
    "ul",
    { class: "completions", id: "commands", role: "listbox", "aria-label": "Commands" },
    commands.map((each, index) =>
      h(
        "li",
        {
          id: `command-${index}`,
          role: "option",
          "aria-selected": index === active ? "true" : "false",
          onpointerdown: (event) => event.preventDefault(),
          onclick: () => complete(each),
        },
        h(
          "span",
          { class: "completion-name" },
          each.command,
          each.usage_hint ? h("span", { class: "muted" }, ` ${each.usage_hint}`) : null,
        ),
        h("small", {}, each.description),
      ),
    ),
  );

function complete({ command }) {
  put("drafts", here(), `${command} `);
}

function onKey(event, commands) {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (commands.length && step) {
    active = (active + step + commands.length) % commands.length;
    redraw();
  } else if (commands.length && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey)
    complete(commands[active]);
  else if (commands.length && event.key === "Escape") {
    dismissed = draft();
    redraw();
  } else if (event.key === "Enter" && !event.shiftKey) event.currentTarget.form.requestSubmit();
  else return;
  event.preventDefault();
}

async function send(place) {
  const text = draft().trim();
  if (!text || !place) return;
  const key = here();
  const thread = state.replyTo[key];
  put("drafts", key, undefined);
  put("notices", key, undefined);
  const [, command, rest] = /^(\/\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const known = state.slack.commands.some((each) => each.command === command);
  if (command && !known) {
    notice(key, `${command} is not a valid command. Type / to see those that work here.`);
    return;
  }
  const before = state.me;
  try {
    const answer = command
      ? await api.slack.command(before, place.id, command, rest)
      : await api.slack.say(before, place.id, text, thread);
    if (!answer.ok) notice(key, answer.told || `Not sent: ${answer.error}`);
    else put("replyTo", key, undefined);
    await refresh();
  } catch (error) {
    if (draft() === "") put("drafts", key, text);
    notice(key, error.message);
  }
}

const runShortcut = (shortcut) =>
  busily(`shortcut ${shortcut.callback_id}`, async () => {
    const answer = await api.slack.shortcut(state.me, shortcut.callback_id);
    if (answer.ok === false) notice(here(), `${shortcut.name}: ${answer.told || answer.error}`);
    await refresh();
  });
