// Keeps the store in step with the two workspaces, by long polls.

import * as api from "./api.js";
import { follow } from "./follow.js";
import { HOME, put, say, set, state } from "./store.js";

let following = new AbortController(); // ends when the visitor changes shoes or place
const heard = (online) => {
  if (online !== state.online) set({ online });
};

/** Load everything for a person at a place (null: the app's messages) and follow the changes. */
export async function enter(me, place) {
  following.abort();
  following = new AbortController();
  const { signal } = following;
  if (me !== state.me || place !== state.place) set({ me, place, messages: null, homeView: undefined });
  if (state.slack && state.slack.me !== me) set({ slack: { ...state.slack, conversations: [], modal: null } });
  const opened = new Promise((resolve) => {
    let first = true;
    follow({
      signal,
      heard,
      version: () => state.slack.version,
      poll: (since, ending) => api.slack.changes(me, since, ending),
      async load() {
        const slack = await readSlack(me, place);
        const target = place ?? directMessage(slack);
        const seen = await readPlace(me, target, !first);
        if (signal.aborted) return;
        set({ slack, place: target, ...seen });
        first = false;
        resolve();
      },
    });
  });
  await opened;
}

const directMessage = (slack) => slack.conversations.find((candidate) => candidate.kind === "dm")?.id ?? HOME;

// What waits for the others is theirs to ask for: everybody's state is read, for the badges on their avatars.
// `unread`: messages, but for the place that is open; `heard`: whether the app has written to them; `asked`: whether
// something that it wrote waits for an answer.
async function readSlack(me, place) {
  const mine = await api.slack.state(me);
  const read = async (person) => {
    if (person.is_bot) return person;
    const { conversations } = person.id === me ? mine : await api.slack.state(person.id);
    const elsewhere = conversations.filter(({ id }) => person.id !== me || id !== (place ?? directMessage(mine)));
    return {
      ...person,
      unread: elsewhere.reduce((sum, { unread }) => sum + unread, 0),
      heard: conversations.some(({ kind, last_ts: last }) => kind === "dm" && last),
      asked: conversations.some(({ kind, asks }) => kind === "dm" && asks),
    };
  };
  return { ...mine, me, people: await Promise.all(mine.people.map(read)) };
}

async function readPlace(me, place, quiet) {
  if (place === HOME) return { homeView: (await api.slack.home(me, quiet)).view };
  return { messages: (await api.slack.conversation(me, place)).messages };
}

/** Fetch what the person sees now, without waiting for the long poll. */
export async function refresh() {
  const { signal } = following;
  const { me, place } = state;
  if (place === null) return; // the visitor is on the way to another place, and sees that soon
  const [slack, seen] = await Promise.all([readSlack(me, place), readPlace(me, place, true)]);
  if (!signal.aborted) set({ slack, ...seen });
}

/** Load and follow the ChatGPT workspace and the clock for as long as the page is open. */
export function followChatGPT() {
  follow({
    signal: new AbortController().signal,
    heard,
    version: () => state.chatgpt.version,
    poll: (since, ending) => api.chatgpt.changes(since, ending),
    load: readChatGPT,
  });
}

export async function readChatGPT() {
  const [chatgpt, { people }, time] = await Promise.all([api.chatgpt.state(), api.company(), api.clock.read()]);
  set({ chatgpt, addresses: people });
  keepTime(time);
}

export async function skipAhead(seconds) {
  try {
    keepTime(await api.clock.skip(seconds));
  } catch (error) {
    say(error.message);
  }
}

function keepTime({ now, ahead_seconds: ahead }) {
  set({ offset: Date.parse(now) - Date.now(), ahead });
}

/** Show an error in the conversation, to the visitor alone. */
export function notice(key, sentence) {
  put("notices", key, [...(state.notices[key] ?? []), { at: Date.now(), sentence }]);
}
