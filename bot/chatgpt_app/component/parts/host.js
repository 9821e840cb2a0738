// The way to ChatGPT, or whoever else shows this page: JSON-RPC 2.0 in messages between windows, as the MCP Apps
// specification (revision 2026-01-26) has it. Tools are called by the host, with the person's own connection; this page
// reaches no network.
//
// What a host can do is found out by asking: hosts do a good deal that they do not declare.

const host = {
  context: {}, // theme, locale, time zone: what the host says of itself
  onResult: () => {}, // a tool's result, and the arguments that it was called with
  onContext: () => {}, // the host looks otherwise now
};

/** What the host, or a tool behind it, did not do. The message is a sentence for the person. */
class NotDone extends Error {}

const NOT_PASSED_ON = "That did not get through. Try again, or ask for it in the chat.";
const waiting = new Map(); // what was asked, by number
const told = []; // what the model is to know of what happened here
let lastCall = 0;
let toolArguments = {};

const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

/** Asks the host for something; it answers when it does, which may be after it asked the person. */
function ask(method, params) {
  lastCall += 1;
  const id = lastCall;
  post({ id, method, params });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

const tell = (method, params = {}) => post({ method, params });

/**
 * Calls one of Usher's tools.
 * @returns its structured content
 * @throws NotDone with the tool's own sentence where it refused
 */
async function callTool(name, args) {
  let result;
  try {
    result = await ask("tools/call", { name, arguments: args });
  } catch (error) {
    throw new NotDone(NOT_PASSED_ON, { cause: error });
  }
  if (result?.isError || !result?.structuredContent) throw new NotDone(wordsOf(result) || NOT_PASSED_ON);
  return result.structuredContent;
}

/** Has the host open an address. Throws NotDone with the address where it does not. */
async function openLink(url) {
  const refused = new NotDone(`This chat did not open the link. It leads to ${url}`);
  try {
    const result = await ask("ui/open-link", { url });
    if (result?.isError) throw refused;
  } catch {
    throw refused;
  }
}

/** The text of a tool's result. */
function wordsOf(result) {
  const texts = (result?.content ?? []).filter((part) => part?.type === "text").map((part) => String(part.text));
  return texts.join("\n").trim();
}

/** Tells the model what the person did here, so that the conversation goes on from it. Nothing depends on it. */
function tellModel(words) {
  told.push(words);
  const text = told.join("\n"); // each update takes the place of the one before
  ask("ui/update-model-context", { content: [{ type: "text", text }] }).catch(() => {});
}

/** Colours of the host's, taken together or not at all: ours and its own may not go well with each other. */
const ITS_COLOURS = {
  "--ground": "--color-background-primary",
  "--sunken": "--color-background-secondary",
  "--ink": "--color-text-primary",
  "--soft": "--color-text-secondary",
  "--line": "--color-border-primary",
};

function adopt(context) {
  Object.assign(host.context, context);
  const root = document.documentElement;
  const { theme, styles } = host.context;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const its = styles?.variables ?? {};
  const colours = Object.entries(ITS_COLOURS).map(([ours, theirs]) => [ours, its[theirs]]);
  if (colours.every(([, value]) => value)) for (const [ours, value] of colours) root.style.setProperty(ours, value);
  if (its["--font-sans"]) root.style.setProperty("--font", its["--font-sans"]);
  host.onContext();
}

const HEARD = new Map([
  ["ui/notifications/tool-input", ({ arguments: args }) => (toolArguments = args ?? {})],
  ["ui/notifications/tool-result", (result) => host.onResult(result, toolArguments)],
  ["ui/notifications/tool-cancelled", () => host.onResult({ isError: true }, toolArguments)],
  ["ui/notifications/host-context-changed", adopt],
]);
const ANSWERED = new Set(["ping", "ui/resource-teardown"]); // there is nothing to put away

window.addEventListener("message", ({ source, data }) => {
  if (source !== window.parent || data?.jsonrpc !== "2.0") return;
  if (data.method === undefined) {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error) call?.reject(new Error(String(data.error.message)));
    else call?.resolve(data.result);
  } else if (data.id === undefined) {
    HEARD.get(data.method)?.(data.params ?? {});
  } else if (ANSWERED.has(data.method)) {
    post({ id: data.id, result: {} });
  } else {
    post({ id: data.id, error: { code: -32601, message: "Method not found" } });
  }
});

/** Greets the host, which then sends the result that this page is to show. */
async function connect(name) {
  const greeted = await ask("ui/initialize", {
    protocolVersion: "2026-01-26",
    appInfo: { name, version: "1" },
    appCapabilities: { availableDisplayModes: ["inline"] },
  });
  adopt(greeted?.hostContext ?? {});
  tell("ui/notifications/initialized");
  // the frame is as high as what is in it
  let known;
  const tellSize = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== known) tell("ui/notifications/size-changed", { height });
    known = height;
  };
  new ResizeObserver(tellSize).observe(document.body);
}
