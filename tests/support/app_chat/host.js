// The smallest chat that a component can be shown in: it calls tools for somebody, and writes down what is asked of it.

import { AppFrame } from "/chat/static/app_frame.js";

const heard = { calls: [], links: [], messages: [], contexts: [] };
let frame;

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`The chat answered with ${answer.status}.`);
  return answer.json();
}

const ABILITIES = {
  callTool(name, args) {
    heard.calls.push([name, args]);
    return post("/call", { tool: name, arguments: args });
  },
  openLink: (url) => void heard.links.push(url),
  sendMessage: (text) => void heard.messages.push(text),
  updateModelContext: (update) => void heard.contexts.push(update),
};

window.chat = {
  heard,
  /** Calls a tool and shows its component. `without` names what this host cannot do. */
  async show({ page, input, result, context, without = [] }) {
    document.documentElement.dataset.theme = context.theme ?? "";
    const abilities = Object.entries(ABILITIES).filter(([name]) => !without.includes(name));
    const options = { html: page.html, meta: page.meta, title: "Usher", context, ...Object.fromEntries(abilities) };
    frame = new AppFrame(document.querySelector("main"), options);
    await frame.show(input, result);
  },
  setContext(context) {
    document.documentElement.dataset.theme = context.theme ?? "";
    return frame.setContext(context);
  },
  end: () => frame.end(),
};
