// Starts the page and draws it: each region of index.html from the store, after every change.

import { conversationPanel, keepUp, reveal } from "./conversation.js";
import { render } from "./dom.js";
import { enter, followChatGPT } from "./live.js";
import { closeMenusOutside } from "./menu.js";
import { leaveModal, modal, question } from "./modal.js";
import { peoplePanel } from "./people.js";
import { conversation, HOME, onChange, person, redraw, say, set, state } from "./store.js";
import { topbar } from "./topbar.js";
import { tour } from "./tour.js";
import { workspacePanel } from "./workspace.js";

const FIRST = document.body.dataset.first;
const region = (id) => document.getElementById(id);

function draw() {
  render(region("topbar"), topbar());
  render(region("tour"), tour(go));
  render(region("people"), peoplePanel(go));
  render(region("conversation"), conversationPanel());
  render(region("workspace"), workspacePanel());
  render(region("dialogs"), modal(), question());
  render(region("toast"), state.toast ?? "");
  document.body.dataset.panel = state.panel;
  for (const tab of document.querySelectorAll("#tabs button")) {
    tab.setAttribute("aria-pressed", tab.dataset.panel === state.panel ? "true" : "false");
  }
  keepUp();
  document.title = title();
}

function title() {
  const me = person(state.me);
  const unread = (state.slack?.people ?? []).reduce((sum, each) => sum + (each.unread ?? 0), 0);
  return `${unread ? `(${unread}) ` : ""}${me ? `${me.name} · ` : ""}Harbour Studio · Usher demo`;
}

/** Step into somebody's shoes, at a conversation or the Home tab. */
function go(me, place) {
  set({ panel: "slack" });
  enter(me, place).then(remember);
}

// The permalink of a message leads to it on this page: there is no other Slack to open.
async function followPermalink(event) {
  const link = event.target.closest("a[href]")?.href ?? "";
  const [, team, channel, seconds, fraction] =
    /^https:\/\/([\w-]+)\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(link) ?? [];
  if (!team || team !== state.slack?.team.domain) return;
  event.preventDefault();
  if (!conversation(channel)) {
    say("That message is in a conversation of somebody else.");
    return;
  }
  await leaveModal();
  set({ panel: "slack" });
  await enter(state.me, channel);
  remember();
  requestAnimationFrame(() => reveal(`${seconds}.${fraction}`));
}

// The address names the person and the place, so that a reload stays and two windows can be two people.
function remember() {
  const me = person(state.me);
  if (!me) return;
  const place = conversation(state.place);
  const where = state.place === HOME ? "/home" : place?.kind === "channel" ? `/${place.name.replace(/^#/, "")}` : "";
  history.replaceState(null, "", `#${me.name.split(" ")[0].toLowerCase()}${where}`);
}

async function start() {
  const [who, where] = location.hash.slice(1).split("/");
  followChatGPT();
  await enter(FIRST, null);
  const me = state.slack.people.find((each) => each.name.toLowerCase().startsWith(`${who} `));
  if (who && me && (me.id !== FIRST || where)) {
    await enter(me.id, where === HOME ? HOME : null);
    const channel = state.slack.conversations.find((each) => each.name.replace(/^#/, "") === where);
    if (channel) await enter(me.id, channel.id);
  }
  const [, seconds, fraction] = /^p(\d+)(\d{6})$/.exec(where) ?? []; // as permalinks name a message
  if (seconds) requestAnimationFrame(() => reveal(`${seconds}.${fraction}`));
  remember();
}

onChange(draw);
for (const tab of document.querySelectorAll("#tabs button")) tab.onclick = () => set({ panel: tab.dataset.panel });
document.addEventListener("click", closeMenusOutside);
document.addEventListener("click", followPermalink);
setInterval(redraw, 5000); // the clock
draw();
start();
