// The catalogue: what there is to ask for, as cards, with a form in each.

const FIRST = 6; // cards that stand there at once; the others follow at a press

function showApps({ apps, more, tags }, { query = "", tag = "" } = {}) {
  const wanted = query || tag;
  if (!apps.length) return showNothing(tags, wanted);
  const list = element("ul", { class: "cards" }, apps.slice(0, FIRST).map(card));
  const rest = apps.slice(FIRST);
  const others = button(`Show ${rest.length} more`, {}, () => {
    const cards = rest.map(card);
    list.append(...cards);
    others.parentElement.remove();
    cards[0].querySelector("h2").focus();
  });
  show(
    theirs("h1", wanted ? `Applications for “${wanted}”` : "Applications", { class: "unseen", tabindex: -1 }),
    list,
    rest.length ? element("div", { class: "buttons" }, others) : null,
    more ? search("Search all applications") : null,
  );
}

function showNothing(tags, wanted) {
  const said = place();
  const way = (label, attributes, args) => button(label, attributes, ({ target }) => look(target, args, said));
  const empty = [
    theirs("h1", "There is nothing to ask for yet", { tabindex: -1 }),
    element("p", { class: "soft" }, "An admin of Usher has to add an application first."),
  ];
  const unfound = [
    theirs("h1", `No application fits “${wanted}”`, { tabindex: -1 }),
    tags.length ? element("p", { class: "soft" }, "Is it about one of these?") : null,
    element(
      "div",
      { class: "buttons" },
      tags.map((tag) => way(tag, { class: "theirs" }, { tag })),
      way("Show all", { class: "plain" }, {}),
    ),
  ];
  show(element("div", { class: "nothing" }, wanted ? unfound : empty, said));
}

function search(question) {
  const [id, said] = [freshId("search"), place()];
  const go = button("Search", {}, () => look(go, { query: input.value.trim() }, said));
  const input = element("input", {
    id,
    type: "search",
    maxlength: 500,
    enterkeyhint: "search",
    onkeydown: ({ key, isComposing }) => key === "Enter" && !isComposing && go.click(),
  });
  const line = element("div", { class: "buttons" }, input, go);
  return element("div", { class: "search", role: "search" }, element("label", { for: id }, question), line, said);
}

/** Looks for something else, and goes on with what was found. */
async function look(pressed, wanted, said) {
  const find = async () => showApps(await callTool("list_apps", wanted), wanted);
  if (await working(pressed, "Looking…", said, find)) page.querySelector("h1").focus();
}

// -- a card -----------------------------------------------------------------------------------------------------------
function card(app) {
  const below = element("div");
  const made = element(
    "li",
    { class: "card" },
    theirs("h2", app.name, { tabindex: -1 }),
    element(
      "div",
      { class: "about" },
      app.description ? theirs("p", app.description) : null,
      listed("tags", "Subjects", app.tags, (tag) => theirs("li", tag)),
      listed("mine", "What you have there", app.mine, mine),
    ),
    below,
  );
  const turn = (content, focused) => {
    made.classList.toggle("open", content.matches(".panel, .outcome"));
    below.replaceChildren(content);
    content.querySelector(focused)?.focus();
  };
  const ask = button("Request", { "aria-label": `Request ${app.name}` }, () => turn(form, "select, textarea"));
  const rest = foot(app, ask);
  const form = requestForm(app, {
    onDone: (answer) => turn(outcome(answer), "h3"),
    onClose: () => turn(rest, "button"),
  });
  turn(rest);
  return made;
}

function listed(kind, label, items, show) {
  return items.length ? element("ul", { class: kind, "aria-label": label }, items.map(show)) : null;
}

function mine({ what, status, until }) {
  const till = until ? element("span", { class: "soft" }, "until ", moment(until)) : null;
  return element("li", {}, badge(status), what ? element("span", {}, what) : null, till);
}

/** Who answers for it, and the way to ask for it: not where the one thing that there is to ask for is there already. */
function foot(app, ask) {
  const hasAll = app.mine.length && app.roles.length <= 1 && app.seat_types.length <= 1;
  const owner = app.owner ? [theirs("span", app.owner), " answers for it"] : [];
  return element("div", { class: "foot" }, element("p", { class: "soft" }, owner), hasAll ? null : ask);
}

// -- the form ---------------------------------------------------------------------------------------------------------
function requestForm(app, { onDone, onClose }) {
  const offered = [
    ["role", "Role", app.roles],
    ["seat_type", "Seat", app.seat_types],
    ["duration", "For how long", app.durations],
  ];
  const fixed = offered.filter(([, , options]) => options.length === 1).map(([, , [only]]) => only);
  const choices = offered.filter(([, , options]) => options.length > 1).map((each) => choice(...each));
  const reason = reasonField("What do you need it for?", "Whoever decides reads this.");
  const said = place();
  const send = button("Send request", { class: "first" }, () => {
    const why = reason.value();
    if (!why) return;
    const chosen = Object.fromEntries(choices.map(({ key, select }) => [key, select.value]));
    working(send, "Sending…", said, async () => {
      const answer = await callTool("request_access", { app: app.app, reason: why, ...chosen });
      onDone(answer);
      tellModel(
        `In the catalogue the user asked for ${app.name} (${answer.what}). ` +
          `${answer.new ? "It stands at" : "There was such a request already, at"}: ${answer.status}. ` +
          `request_id: ${answer.request_id}`,
      );
    });
  });
  return panel(
    `Request ${app.name}`,
    onClose,
    fixed.length ? element("p", { class: "soft" }, fixed.join(" · ")) : null,
    choices.length ? element("div", { class: "choices" }, choices.map((one) => one.element)) : null,
    reason.element,
    said,
    element("div", { class: "buttons" }, send, button("Not now", { class: "plain" }, onClose)),
  );
}

/** A choice of which the first is the default. */
function choice(key, question, options) {
  const id = freshId(key);
  const select = element("select", { id }, options.map((option) => element("option", {}, option)));
  return { key, select, element: element("div", {}, element("label", { for: id }, question), select) };
}

// -- what came of it --------------------------------------------------------------------------------------------------
function outcome(answer) {
  const said = place();
  const title = element("h3", { tabindex: -1 }, answer.new ? "You asked for it" : "There is nothing new to ask for");
  return element(
    "div",
    { class: "outcome" },
    element("div", { class: "head" }, title, badge(answer.status)),
    element("p", {}, answer.what),
    lines([...answer.assumed, ...answer.details], { class: "soft" }),
    answer.link ? element("div", { class: "buttons" }, linkButton("Open in Slack", answer.link, said)) : null,
    said,
  );
}

begin("usher-catalog", showApps);
