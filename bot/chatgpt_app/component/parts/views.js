// What both pages show and do in the same way.

const SLOW = 12_000; // milliseconds after which a person wants to know that it still goes on
const STILL_WAITING = "Still waiting. The chat may be asking you to confirm.";
const NOTHING_CAME = "Nothing has come from Usher yet. If it stays so, ask for it in the chat again.";

/** `Active`, in the colour of its state. */
function badge(status) {
  return element("span", { class: `badge ${TONES[status] ?? "over"}` }, status);
}

/** What people wrote: shown as it is, in the direction in which it is written. */
function theirs(name, words, attributes = {}) {
  return element(name, { ...attributes, class: `theirs ${attributes.class ?? ""}`.trim(), dir: "auto" }, words);
}

/** Usher's sentences, each on a line. */
function lines(sentences, attributes = {}) {
  if (!sentences.length) return null;
  const each = sentences.map((words) => element("p", { class: "theirs" }, sentence(words)));
  return element("div", { ...attributes, class: `lines ${attributes.class ?? ""}`.trim() }, each);
}

/** A notice that stands in the way of nothing: why something was not done, and what to do instead. */
function notice(words) {
  return element("div", { class: "notice", role: "alert" }, element("p", { class: "theirs" }, words));
}

/** Where something is said, when there is something to say. */
function place() {
  return element("div", { class: "place" });
}

/** A part that opened for something to be filled in or confirmed, and that Escape closes. */
function panel(label, onClose, ...children) {
  const onkeydown = ({ key }) => key === "Escape" && onClose();
  return element("div", { class: "panel", role: "group", "aria-label": label, onkeydown }, children);
}

/** `button("Keep it", { class: "plain" }, () => …)`. Never of a form: a sandboxed frame need not let forms be sent. */
function button(label, attributes, press) {
  return element("button", { type: "button", ...attributes, onclick: press }, label);
}

/** A button that opens an address outside the chat. */
function linkButton(label, url, said) {
  return button(label, {}, ({ target }) => working(target, label, said, () => openLink(url)));
}

/**
 * Does what a button is for: once at a time, with a word for meanwhile. Why it was not done stands in `said`.
 * @returns whether it was done
 */
async function working(pressed, meanwhile, said, does) {
  if (pressed.getAttribute("aria-disabled")) return false;
  const label = pressed.textContent;
  pressed.setAttribute("aria-disabled", "true"); // it keeps the focus, which a disabled button loses
  pressed.textContent = meanwhile;
  said.replaceChildren();
  const patience = setTimeout(() => {
    said.replaceChildren(element("p", { class: "soft", role: "status" }, STILL_WAITING));
  }, SLOW);
  try {
    await does();
    said.replaceChildren();
    return true;
  } catch (error) {
    if (!(error instanceof NotDone)) throw error;
    said.replaceChildren(notice(error.message));
    return false;
  } finally {
    clearTimeout(patience);
    pressed.textContent = label;
    pressed.removeAttribute("aria-disabled");
  }
}

/** A text that has to be there: `element`, `input`, and `value()`, which asks for it where it is missing. */
function reasonField(question, hint) {
  const [id, hintId, wrongId] = [freshId("reason"), freshId("hint"), freshId("wrong")];
  const wrong = element("p", { class: "wrong", id: wrongId, hidden: true }, "Say in a few words what it is for.");
  const mark = (isWrong) => {
    wrong.hidden = !isWrong;
    input.setAttribute("aria-invalid", String(isWrong));
  };
  const input = element("textarea", {
    id,
    rows: 2,
    maxlength: LONGEST_REASON,
    required: true,
    "aria-describedby": `${hintId} ${wrongId}`,
    oninput: () => mark(false),
  });
  const label = element("label", { for: id }, question);
  return {
    input,
    element: element("div", {}, label, element("p", { class: "hint", id: hintId }, hint), input, wrong),
    /** What was written; null where that is nothing, and the person is told. */
    value() {
      const written = input.value.trim();
      mark(!written);
      if (!written) input.focus();
      return written || null;
    },
  };
}

/** Nothing to work with: a sentence in place of the page. */
function showSorry(words) {
  show(element("div", { class: "nothing" }, element("p", { class: "soft theirs", role: "alert" }, words)));
}

/** Shows each result with `view(structuredContent, arguments)`, and what there is instead where there is none. */
function begin(name, view) {
  const patience = setTimeout(() => showSorry(NOTHING_CAME), SLOW);
  host.onResult = (result, args) => {
    clearTimeout(patience);
    if (result?.isError || !result?.structuredContent) showSorry(wordsOf(result) || NOT_PASSED_ON);
    else view(result.structuredContent, args);
  };
  host.onContext = rewriteMoments;
  connect(name).catch(() => {}); // a host that will not be greeted may still send a result
}
