// The way to ChatGPT, or whoever else shows this page: JSON-RPC 2.0 in messages between windows, as the MCP Apps
// specification (revision 2026-01-26) has it. Tools are called by the host, with the person's own connection; this page
// reaches no network.

const host = {
  context: {}, // theme, locale, time zone: what the host says of itself
  capabilities: {},
  onResult: () => {}, // a tool's result, and the arguments that it was called with
  onCancelled: () => {},
};

/** What the host, or a tool behind it, did not do. The message is a sentence for the person. */
class NotDone extends Error {}

const NOT_PASSED_ON = "That did not get through. Try again, or ask for it in the chat.";
const waiting = new Map(); // what was asked, by number
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

/** The text of a tool's result. */
function wordsOf(result) {
  const texts = (result?.content ?? []).filter((part) => part?.type === "text").map((part) => String(part.text));
  return texts.join("\n").trim();
}

/** Tells the model what the person did here, so that the conversation goes on from it. No answer is needed. */
function tellModel(words) {
  if (!host.capabilities.updateModelContext) return;
  ask("ui/update-model-context", { content: [{ type: "text", text: words }] }).catch(() => {});
}

function adopt(context) {
  Object.assign(host.context, context);
  const root = document.documentElement;
  if (host.context.theme === "light" || host.context.theme === "dark") root.dataset.theme = host.context.theme;
  const font = host.context.styles?.variables?.["--font-sans"];
  if (font) root.style.setProperty("--font", String(font));
}

const HEARD = {
  "ui/notifications/tool-input": ({ arguments: args }) => {
    toolArguments = args ?? {};
  },
  "ui/notifications/tool-result": (result) => host.onResult(result, toolArguments),
  "ui/notifications/tool-cancelled": () => host.onCancelled(),
  "ui/notifications/host-context-changed": adopt,
};
const ANSWERED = new Set(["ping", "ui/resource-teardown"]); // there is nothing to put away

window.addEventListener("message", ({ source, data }) => {
  if (source !== window.parent || data?.jsonrpc !== "2.0") return;
  if (data.method === undefined) {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error) call?.reject(new Error(String(data.error.message)));
    else call?.resolve(data.result);
  } else if (data.id === undefined) {
    HEARD[data.method]?.(data.params ?? {});
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
  host.capabilities = greeted?.hostCapabilities ?? {};
  adopt(greeted?.hostContext ?? {});
  tell("ui/notifications/initialized");
  // the frame is as high as what is in it
  let told;
  const tellSize = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== told) tell("ui/notifications/size-changed", { height });
    told = height;
  };
  new ResizeObserver(tellSize).observe(document.body);
}
