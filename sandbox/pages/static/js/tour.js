// A first lap round the house, for somebody who has never been here. Which step is next follows from what is so.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { emailOf, people, redraw, state } from "./store.js";

const DONE = "usher-demo-tour-dismissed";
let hidden = localStorage.getItem(DONE) !== null;
let seatWasTaken = false;

const byName = (first) => people().find((person) => person.name.startsWith(first));

function progress() {
  const [lena, maya] = [byName("Lena"), byName("Maya")];
  if (!lena || !maya || !state.chatgpt) return null;
  const hers = ({ email }) => email === emailOf(lena.id);
  const isMember = state.chatgpt.members.some(hers);
  const isInvited = state.chatgpt.invites.some(hers);
  seatWasTaken ||= isMember;
  if (seatWasTaken) return isMember ? 3 : 4;
  return isInvited ? 2 : maya.heard ? 1 : 0;
}

const STEPS = [
  { title: "Ask", text: ["You are Lena. Type ", h("code", {}, "/request-access"), " and send the form."], who: "Lena" },
  { title: "Approve", text: ["Become Maya, Lena’s manager, and press Approve."], who: "Maya" },
  { title: "Accept", text: ["ChatGPT has invited Lena: accept in the ChatGPT workspace."], panel: "chatgpt" },
  { title: "Let it end", text: ["Lena has her seat. Skip ahead until her time is over and see it taken back."] },
];

export function tour(go) {
  const at = hidden ? null : progress();
  if (at === null) return null;
  const step = STEPS[at];
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
    h(
      "p",
      { class: "tour-text", role: "status" },
      step ? step.text : "That was a whole lifecycle: asked, approved, accepted, taken back.",
    ),
    step ? shortcut(step, go) : null,
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
  return null;
}

function dismiss() {
  hidden = true;
  localStorage.setItem(DONE, "yes");
  redraw();
}
