// The company's ChatGPT workspace: seats, members, invites, what can go wrong, and what was asked of it.

import * as api from "./api.js";
import { dayAndTime, shortDate, timeOf } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { readChatGPT } from "./live.js";
import { menu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { departures } from "./people.js";
import { busily, byEmail, names, put, state } from "./store.js";

const ROLES = { "account-owner": "Owner", "account-admin": "Admin", "standard-user": "Member" };
const SEATS = { default: "ChatGPT", usage_based: "Codex" };

/** Do something to either workspace and show the effect at once. */
export const run = (key, work) =>
  busily(key, async () => {
    const answer = await work();
    if (answer.error || answer.ok === false) throw new Error(answer.error ?? "That did not work.");
    await readChatGPT();
  });

export function workspacePanel() {
  const space = state.chatgpt;
  if (!space) return h("p", { class: "empty" }, "Opening ChatGPT …");
  return [
    h(
      "header",
      { class: "workspace-head", key: "head" },
      h("h2", {}, "ChatGPT workspace"),
      h("p", { class: "muted" }, `${space.workspace.name} · ${planName(space.workspace.plan)}`),
    ),
    h(
      "section",
      { key: "seats", class: "card", "aria-label": "Seats" },
      Object.entries(space.seats).map(([type, seats]) => seatBar(type, seats)),
    ),
    space.invites.length
      ? h(
          "section",
          { key: "invites" },
          h("h3", {}, "Pending invites"),
          h("ul", { class: "rows" }, space.invites.map(invite)),
        )
      : null,
    h(
      "section",
      { key: "members" },
      h("h3", {}, `Members (${space.members.length})`),
      h("ul", { class: "rows" }, space.members.map(member)),
    ),
    fold("faults", [icon("alert"), "Make something go wrong", onCount(space.faults)], () => faults(space.faults)),
    fold("departures", [icon("people"), "Somebody leaves"], () =>
      switches(departures(run)),
    ),
    fold("log", [icon("clock"), "Recent calls"], () =>
      space.log.length
        ? h("ol", { class: "log", tabindex: 0, "aria-label": "Recent calls" }, [...space.log].reverse().map(call))
        : h("p", { class: "muted" }, "Nobody has called yet."),
    ),
  ];
}

// A list that is only there while it is open.
const fold = (name, summary, content, kind = "") =>
  h(
    "details",
    { key: name, class: `fold ${kind}`, ontoggle: (event) => put("unfolded", name, event.currentTarget.open || undefined) },
    h("summary", {}, summary),
    state.unfolded[name] ? content() : null,
  );

const planName = (plan) => ({ team: "Business plan", enterprise: "Enterprise plan" })[plan] ?? plan;

// The few that show best what Usher does about it come first; the rest is for whoever wants to know.
const TELLING = ["token_revoked", "challenge_403", "not_owner", "additional_seat_needed", "rate_limited", "answer_lost"];

function faults(all) {
  const rest = all.filter(({ name }) => !TELLING.includes(name));
  return [
    switches(TELLING.flatMap((name) => all.filter((each) => each.name === name)).map(fault)),
    fold("more-faults", [`${rest.length} more`, onCount(rest)], () => switches(rest.map(fault)), "inner"),
  ];
}

const switches = (list) => h("ul", { class: "switches" }, list.map(toggle));

const onCount = (faults) => {
  const count = faults.filter((each) => each.on).length;
  return count ? h("span", { class: "pill warn" }, `${count} on`) : null;
};

function seatBar(type, { used, invited, paid }) {
  const name = SEATS[type] ?? type;
  if (!paid && type !== "default") {
    return h(
      "p",
      { key: type, class: "seat-line" },
      h("span", {}, `${name} seats`),
      h("span", { class: "muted" }, used + invited ? `${used} used, ${invited} invited` : "none in use"),
    );
  }
  const free = Math.max(paid - used - invited, 0);
  const share = (count) => ({ "--share": `${paid ? (100 * count) / paid : 0}%` });
  return h(
    "div",
    { key: type, class: "seats" },
    h(
      "p",
      { class: "seat-line" },
      h("span", {}, `${name} seats`),
      h("span", { class: "muted" }, `${free} of ${paid} free`),
    ),
    h(
      "div",
      {
        class: "bar",
        role: "img",
        "aria-label": `${used} used, ${invited} invited, ${free} free of ${paid} paid seats`,
      },
      h("span", { class: "bar-used", style: share(used) }),
      h("span", { class: "bar-invited", style: share(invited) }),
    ),
    h(
      "p",
      { class: "legend muted" },
      h("span", { class: "dot used" }),
      `${used} used`,
      h("span", { class: "dot invited" }),
      `${invited} invited`,
      h("span", { class: "dot free" }),
      `${free} free`,
    ),
  );
}

const pills = (each) => [
  h("span", { class: "pill" }, ROLES[each.role] ?? each.role),
  h("span", { class: "pill seat" }, SEATS[each.seat_type] ?? each.seat_type),
];

function invite(each) {
  const whose = byEmail(each.email);
  const name = whose?.name ?? each.email;
  const first = whose?.name.split(" ")[0] ?? each.email;
  return h(
    "li",
    { key: each.id, class: "row waiting" },
    h(
      "div",
      { class: "row-main" },
      h("strong", {}, name),
      h("span", { class: "muted email" }, each.email),
      h("span", { class: "pills" }, pills(each)),
      each.expires ? h("span", { class: "muted" }, `expires ${shortDate(new Date(each.expires))}`) : null,
    ),
    h(
      "button",
      {
        type: "button",
        class: "button primary small",
        disabled: Boolean(state.busy[`accept ${each.email}`]),
        onclick: () => run(`accept ${each.email}`, () => api.chatgpt.accept(each.email)),
      },
      `Accept as ${first}`,
    ),
  );
}

function member(each) {
  return h(
    "li",
    { key: each.user_id, class: `row ${each.deactivated ? "left" : ""}` },
    h(
      "div",
      { class: "row-main" },
      h("strong", {}, each.name || each.email),
      h("span", { class: "muted email" }, each.email),
      h(
        "span",
        { class: "pills" },
        pills(each),
        each.is_integration ? h("span", { class: "pill own" }, "for Usher") : null,
      ),
    ),
    menu(icon("more"), byHand(each), { title: `Change ${each.name || each.email} by hand` }),
  );
}

function byHand(each) {
  const roles = Object.entries(ROLES).filter(([role]) => role !== each.role);
  const seats = Object.entries(SEATS).filter(([seat]) => seat !== each.seat_type);
  const { email } = each;
  return [
    ...roles.map(([role, name]) => ({
      label: `Make ${name.toLowerCase()}`,
      act: () => run(`role ${email}`, () => api.chatgpt.role(email, role)),
    })),
    ...seats.map(([seat, name]) => ({
      label: `Move to a ${name} seat`,
      act: () => run(`seat ${email}`, () => api.chatgpt.seat(email, seat)),
    })),
    { label: "Remove by hand", danger: true, act: () => run(`remove ${email}`, () => api.chatgpt.remove(email)) },
  ];
}

const fault = (each) => ({
  key: each.name,
  title: each.title,
  description: each.on && each.remaining ? `${each.description} Still ${each.remaining} times.` : each.description,
  on: each.on,
  flipping: Boolean(state.busy[`fault ${each.name}`]),
  flip: () => run(`fault ${each.name}`, () => api.chatgpt.fault(each.name, !each.on)),
});

const toggle = (each) =>
  h(
    "li",
    { key: each.key },
    h(
      "label",
      { class: "switch" },
      h("input", {
        type: "checkbox",
        role: "switch",
        checked: each.on !== each.flipping,
        onchange: each.flip,
        "aria-describedby": `why-${each.key}`,
      }),
      h("span", { class: "switch-title" }, each.title),
    ),
    h("p", { class: "muted", id: `why-${each.key}` }, mrkdwn(each.description, names)),
  );

const call = (each, index) =>
  h(
    "li",
    { key: `${each.at} ${index}` },
    h("span", { class: `status ${each.status === null || each.status >= 400 ? "bad" : ""}` }, each.status ?? "none"),
    h("span", { class: "log-what" }, each.what || wordsFor(each)),
    h("time", { class: "muted", datetime: each.at, title: dayAndTime(new Date(each.at)) }, timeOf(new Date(each.at))),
    h("code", { class: "muted" }, `${each.method} ${shortPath(each.path)}`),
  );

const READINGS = [
  [/\/auth\/session$/, "The session was read"],
  [/\/me$/, "Who is signed in was read"],
  [/\/check\/[^/]+$/, "The workspaces were read"],
  [/\/subscriptions$/, "The subscription was read"],
  [/\/users$/, "Members were listed"],
  [/\/invites$/, "Invites were listed"],
  [/\/seat_type_counts$/, "Seats were counted"],
  [/\/settings$/, "The settings were read"],
];

// What became of a call that changed nothing.
function wordsFor({ method, path, status }) {
  if (status === null) return "Nothing was answered";
  if (status >= 400) return "Refused";
  return (method === "GET" && READINGS.find(([end]) => end.test(path))?.[1]) || "Nothing was changed";
}

// Ids say nothing to a visitor.
const shortPath = (path) =>
  path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, "…").replace(/\/(user|invite)[-_][\w-]{6,}/gi, "/…");
