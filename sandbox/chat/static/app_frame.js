// Shows a component of an app inside a chat: the host's half of MCP Apps (specification of 2026-01-26), JSON-RPC 2.0 in
// messages between windows. The page is somebody else's: it runs under an origin of its own, reaches no network, and
// asks here for whatever it wants done.
//
// The frame begins as app_frame.html beside this file. sandbox/chat/app_frame.py serves it, with the rules that the page
// is held to. The chat's own rules have to allow frames from its own origin (frame-src 'self') and from nowhere else, or
// a page could leave for another address and take along what it knows.

const VERSION = "2026-01-26";
const WHO = { name: "chatgpt-simulated", title: "ChatGPT (simulated)", version: "1" };
const FRAME = new URL("app_frame.html", import.meta.url);
const LOWEST = 48; // pixels: until the page has said how high it is
const HIGHEST = 4000;
const PATIENCE = 1000; // milliseconds that a page has to put its things away

const UNKNOWN_METHOD = -32601;
const WRONG_PARAMS = -32602;
const NOT_DONE = -32000;

/** What the host does not do for a page: a sentence, and JSON-RPC's code. */
class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/**
 * One component, from the moment that it is made until `end()`.
 *
 * What the host can do for it is given as functions. They may be asynchronous; one that throws declines, and the page
 * gets the error's message. A function that is left out is something that this host does not do, and says so.
 */
export class AppFrame {
  #frame = document.createElement("iframe");
  #html;
  #context;
  #can;
  #initialized;
  #markInitialized;
  #answers = new Map(); // what was asked of the page, by number
  #lastAsked = 0;

  /**
   * @param {HTMLElement} container gets the frame, which takes its whole width
   * @param {object} options
   * @param {string} options.html the page, as `resources/read` gave it
   * @param {object} [options.meta] its `_meta.ui`. The addresses in `csp` are not allowed: no component needs them here
   * @param {string} [options.title] how a screen reader calls the frame
   * @param {object} [options.context] `HostContext`: theme, locale, timeZone, styles
   * @param {(name: string, args: object) => Promise<object>} [options.callTool] a `CallToolResult`, as on the wire
   * @param {(url: string) => void} [options.openLink] gets absolute http and https addresses only
   * @param {(text: string) => void} [options.sendMessage] as if the person had typed it
   * @param {(update: {content?: object[], structuredContent?: object}) => void} [options.updateModelContext] in place
   *   of the update before; the model is told with the next message
   */
  constructor(container, { html, meta = {}, title = "App", context = {}, ...can }) {
    this.#html = html;
    this.#context = { displayMode: "inline", availableDisplayModes: ["inline"], ...context };
    this.#can = can;
    this.#initialized = new Promise((resolve) => (this.#markInitialized = resolve));
    this.#frame.setAttribute("sandbox", "allow-scripts");
    this.#frame.title = title;
    this.#frame.className = meta.prefersBorder ? "app-frame bordered" : "app-frame";
    Object.assign(this.#frame.style, { display: "block", width: "100%", height: `${LOWEST}px`, border: "0" });
    this.#frame.src = FRAME;
    window.addEventListener("message", this.#hear);
    container.append(this.#frame);
  }

  /**
   * Shows a call of the tool that the component belongs to.
   * @param {object} toolInput its arguments
   * @param {object | Promise<object>} toolResult its `CallToolResult`; a promise that fails is a call that was cancelled
   */
  async show(toolInput, toolResult) {
    await this.#initialized;
    this.#tell("ui/notifications/tool-input", { arguments: toolInput ?? {} });
    try {
      this.#tell("ui/notifications/tool-result", await toolResult);
    } catch (error) {
      this.#tell("ui/notifications/tool-cancelled", { reason: error.message });
    }
  }

  /** Tells the page what has changed of the host: its theme, for example. */
  async setContext(context) {
    Object.assign(this.#context, context);
    await this.#initialized;
    this.#tell("ui/notifications/host-context-changed", context);
  }

  /** Takes the component away, after it had a moment to put its things in order. */
  async end() {
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE));
    await Promise.race([this.#initialized.then(() => this.#ask("ui/resource-teardown", {})), patience]);
    window.removeEventListener("message", this.#hear);
    this.#frame.remove();
  }

  #post(message) {
    this.#frame.contentWindow?.postMessage({ jsonrpc: "2.0", ...message }, "*"); // its origin has no name
  }

  #tell(method, params) {
    this.#post({ method, params });
  }

  /** Asks the page for something. Whether it could is its own affair. */
  #ask(method, params) {
    const id = ++this.#lastAsked;
    this.#post({ id, method, params });
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  #hear = ({ source, data }) => {
    if (source !== this.#frame.contentWindow || data?.jsonrpc !== "2.0") return;
    if (typeof data.method !== "string") this.#answers.get(data.id)?.();
    else if (data.id === undefined) this.#heed(data.method, data.params ?? {});
    else this.#answer(data.id, data.method, data.params ?? {});
  };

  #heed(method, params) {
    if (method === "ui/notifications/sandbox-proxy-ready") {
      this.#tell("ui/notifications/sandbox-resource-ready", { html: this.#html });
    } else if (method === "ui/notifications/initialized") {
      this.#markInitialized();
    } else if (method === "ui/notifications/size-changed" && Number.isFinite(params.height)) {
      this.#frame.style.height = `${Math.min(Math.max(params.height, LOWEST), HIGHEST)}px`;
    }
  }

  async #answer(id, method, params) {
    try {
      const does = AppFrame.#DOES.get(method);
      if (!does) throw new Refused(`This chat does not do ${method}.`, UNKNOWN_METHOD);
      this.#post({ id, result: (await does(this, params)) ?? {} });
    } catch (error) {
      this.#post({ id, error: { code: error.code ?? NOT_DONE, message: error.message } });
    }
  }

  /** One of the functions that the host gave. */
  #ability(name) {
    const does = this.#can[name];
    if (!does) throw new Refused("This chat does not do that.", UNKNOWN_METHOD);
    return does;
  }

  #greeting() {
    const { callTool, openLink, sendMessage, updateModelContext } = this.#can;
    return {
      protocolVersion: VERSION,
      hostInfo: WHO,
      hostCapabilities: {
        sandbox: { csp: {}, permissions: {} },
        ...(callTool && { serverTools: {} }),
        ...(openLink && { openLinks: {} }),
        ...(sendMessage && { message: { text: {} } }),
        ...(updateModelContext && { updateModelContext: { text: {}, structuredContent: {} } }),
      },
      hostContext: this.#context,
    };
  }

  static #DOES = new Map([
    ["ui/initialize", (frame) => frame.#greeting()],
    ["ping", () => ({})],
    ["tools/call", (frame, asked) => frame.#ability("callTool")(text(asked.name, "name"), asked.arguments ?? {})],
    ["ui/open-link", (frame, { url }) => frame.#ability("openLink")(webAddress(url))],
    ["ui/message", (frame, { content }) => frame.#ability("sendMessage")(textOf(content))],
    ["ui/update-model-context", (frame, update) => frame.#ability("updateModelContext")(update)],
    ["ui/request-display-mode", () => ({ mode: "inline" })],
  ]);
}

function text(value, what) {
  if (typeof value !== "string" || !value) throw new Refused(`${what} has to be a text.`, WRONG_PARAMS);
  return value;
}

function webAddress(url) {
  const address = URL.parse(text(url, "url"));
  if (!["http:", "https:"].includes(address?.protocol)) throw new Refused("That is no web address.", WRONG_PARAMS);
  return address.href;
}

/** The specification has one piece of content, OpenAI's and others' hosts also take several. */
function textOf(content) {
  const texts = [content].flat().filter((piece) => piece?.type === "text");
  return text(texts.map((piece) => piece.text).join("\n"), "content");
}
