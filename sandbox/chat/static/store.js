// What the chat's page knows. One object, changed only through set(); every change is drawn once, soon after.

import { redraw } from "/static/js/redraw.js";

export const state = {
  who: new URLSearchParams(location.search).get("as") ?? "", // as the address says it
  chat: null, // GET /chat/page/state
  wrong: null, // a sentence, where there is no such window
  online: true,
  draft: "",
  busy: {}, // anything under way: key -> true
  components: {}, // address of a component -> its page {html, meta}, or null where there is none
  showsTools: false,
  toast: null,
};

/** Merge `change` into the state and draw. */
export function set(change) {
  Object.assign(state, change);
  redraw();
}

/** Run `work` while `busy[key]` is set; a second call meanwhile does nothing. An error becomes a toast. */
export async function busily(key, work) {
  if (state.busy[key]) return;
  set({ busy: { ...state.busy, [key]: true } });
  try {
    await work();
  } catch (error) {
    say(error.message);
  } finally {
    set({ busy: { ...state.busy, [key]: false } });
  }
}

let toastTimer;
/** Tell whoever sits here something for a few seconds. */
export function say(sentence) {
  clearTimeout(toastTimer);
  set({ toast: sentence });
  toastTimer = setTimeout(() => set({ toast: null }), 8000);
}
