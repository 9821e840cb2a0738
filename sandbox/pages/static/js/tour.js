// A first lap round the house, for somebody who has never been here. Which step is next follows from what is so.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { chatLink } from "./people.js";
import { emailOf, people, redraw, set, state } from "./store.js";

const DONE = "usher-demo-tour-dismissed";
let hidden = localStorage.getItem(DONE) !== null;

const byName = (first) => people().find((person) => person.name.startsWith(first));

function progress() {
  const [lena, maya] = [byName("Lena"), byName("Maya")];
  if (!lena || !maya || !state.chatgpt) return null;
  const hers = ({ email }) => email === emailOf(lena.id);
  const isMember = state.chatgpt.members.some(hers);
  const isInvited = state.chatgpt.invites.some(hers);
  if (isMember || state.chatgpt.accepted.includes(emailOf(lena.id))) return isMember ? 3 : 4;
  return isInvited ? 2 : maya.asked || (maya.heard && lena.heard) ? 1 : 0;
}

const STEPS = [
  {
    title: "Ask",
    text: [
      "You are Lena. Type ",
      h("code", {}, "/request-access"),
      " below, choose ChatGPT for two minutes, and send the form.",
    ],
    who: "Lena",
  },
  { title: "Approve", text: ["Maya is Lena’s manager: step into her shoes and press Approve."], who: "Maya" },
  { title: "Accept", text: ["ChatGPT has invited Lena: accept in the ChatGPT workspace."], panel: "chatgpt" },
  {
    title: "Let it end",
    text: ["Lena has her seat. Press Skip ahead until her time is over, and see it taken back."],
  },
];

// There is no question to Maya any more, and no invite for Lena.
const ANSWERED = {
  text: ["Maya has answered. If she said yes, Lena’s invite comes next; if not, see what Lena is told."],
  who: "Lena",
};

const END = {
  text: [
    "That was a whole lifecycle. Next: ask in ",
    chatLink("Tom", "", "ChatGPT, as Tom"),
    ", deny a request, or make something go wrong.",
  ],
};

export function tour(go) {
  const at = hidden ? null : progress();
  if (at === null) return null;
  const step = at === 1 && !byName("Maya").asked ? ANSWERED : (STEPS[at] ?? END);
  return h(
    "section",
    { class: "tour", "aria-label": "First steps", key: "tour" },
    h(
      "ol",
      {},
      STEPS.map(({ title }, index) =>
        h(
          "li",
          {
            class: index < at ? "done" : index === at ? "next" : "",
            "aria-current": index === at ? "step" : undefined,
          },
          h("span", { class: "tour-number", "aria-hidden": "true" }, index < at ? icon("check") : String(index + 1)),
          h("span", { class: "tour-title" }, title, index < at ? h("span", { class: "sr-only" }, " (done)") : null),
        ),
      ),
    ),
    h("p", { class: "tour-text", role: "status" }, step.text),
    shortcut(step, go),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Hide the first steps", onclick: dismiss },
      icon("close"),
    ),
  );
}

function shortcut(step, go) {
  const who = step.who && byName(step.who);
  if (who && who.id !== state.me) {
    return h(
      "button",
      { type: "button", class: "button small", onclick: () => go(who.id, null) },
      `Become ${step.who}`,
    );
  }
  if (step.panel && step.panel !== state.panel) {
    return h(
      "button",
      { type: "button", class: "button small phone-only", onclick: () => set({ panel: step.panel }) },
      "Show ChatGPT",
    );
  }
  return null;
}

function dismiss() {
  hidden = true;
  localStorage.setItem(DONE, "yes");
  redraw();
}
