// What the page knows. One object, changed only through set(); every change is drawn once, soon after.

import { redraw } from "./redraw.js";

export { onChange, redraw } from "./redraw.js";

export const HOME = "home";

export const state = {
  me: null, // whose shoes the visitor is in: a Slack user id
  place: null, // a conversation id, or HOME
  panel: "slack", // what a phone shows: people, slack or chatgpt
  online: true,
  slack: null, // GET /slack/page/state
  messages: null, // of the place, oldest first
  homeView: undefined, // undefined: not known yet; null: there is none
  chatgpt: null, // GET /chatgpt-page/state
  addresses: [], // GET /company: {id, name, email}
  ahead: 0, // seconds that the clock of the sandbox is ahead
  offset: 0, // milliseconds from this computer's clock to the sandbox's
  drafts: {}, // "person place" -> what stands in the composer
  replyTo: {}, // "person place" -> ts of the message being answered
  notices: {}, // "person place" -> errors that only the visitor sees
  forms: {}, // container key -> {block_id: {action_id: value}}
  errors: {}, // view id -> {block_id: sentence}
  busy: {}, // anything under way: key -> true
  combo: null, // the open list of options: {id of the field, query, typed, options, active, note}
  unfolded: {}, // name of a list -> true while it is open
  confirm: null, // {confirm, resolve}: a question that must be answered first
  toast: null,
};

/** Merge `change` into the state and draw. */
export function set(change) {
  Object.assign(state, change);
  redraw();
}

/** Merge `change` into one of the maps of the state and draw; undefined removes an entry. */
export function put(map, key, value) {
  const next = { ...state[map] };
  if (value === undefined) delete next[key];
  else next[key] = value;
  set({ [map]: next });
}

export const now = () => new Date(Date.now() + state.offset);
export const people = () => state.slack?.people ?? [];
export const person = (id) => people().find((candidate) => candidate.id === id);
export const emailOf = (id) => state.addresses.find((candidate) => candidate.id === id)?.email;
export const byEmail = (email) => state.addresses.find((candidate) => candidate.email === email);
export const conversation = (id) => state.slack?.conversations.find((candidate) => candidate.id === id);
export const here = () => `${state.me} ${state.place}`;

/** How Block Kit text finds the names behind ids. */
export const names = {
  person: (id) => person(id)?.name ?? null,
  channel: (id) => conversation(id)?.name.replace(/^#/, "") ?? null,
  group: (id) => state.slack?.user_groups.find((candidate) => candidate.id === id)?.handle ?? null,
  now,
};

/** Run `work` while `busy[key]` is set; a second call meanwhile does nothing. An error becomes a toast. */
export async function busily(key, work) {
  if (state.busy[key]) return undefined;
  put("busy", key, true);
  try {
    return await work();
  } catch (error) {
    say(error.message);
    return undefined;
  } finally {
    put("busy", key, undefined);
  }
}

let toastTimer;
/** Tell the visitor something for a few seconds. */
export function say(sentence) {
  clearTimeout(toastTimer);
  set({ toast: sentence });
  toastTimer = setTimeout(() => set({ toast: null }), 8000);
}
