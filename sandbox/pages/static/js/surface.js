// A surface is where blocks stand: a message, a modal or the Home tab. It knows how to keep and send what is entered.

import * as api from "./api.js";
import { refresh } from "./live.js";
import { busily, put, set, state } from "./store.js";
import { currentValue, orNull, valuesOf } from "./values.js";

const GONE = new Set(["element_not_found", "message_not_found", "not_found"]);

/** The surface of a message. */
export const ofMessage = (channel, message) =>
  surface(`${channel} ${message.ts}`, { type: "message", channel, ts: message.ts }, message.blocks);

/** The surface of a modal or of the Home tab. */
export const ofView = (view) => surface(view.id, { type: "view", view_id: view.id }, view.blocks);

function surface(key, container, blocks) {
  const typed = () => state.forms[key] ?? {};
  return {
    key,
    container,
    errors: state.errors[key] ?? {},

    value: (blockId, element) => currentValue(element, typed()[blockId]?.[element.action_id]),

    keep(blockId, element, value) {
      put("forms", key, { ...typed(), [blockId]: { ...typed()[blockId], [element.action_id]: value } });
    },

    busy: (blockId, element) => Boolean(state.busy[`${key} ${blockId} ${element.action_id}`]),

    /** Tell the app that something was pressed or chosen, after the question that goes with it. */
    async act(blockId, element, value) {
      if (element.confirm && !(await ask(element.confirm))) return;
      await busily(`${key} ${blockId} ${element.action_id}`, async () => {
        const values = container.type === "view" ? { values: valuesOf(blocks, typed()) } : {};
        const action = { block_id: blockId, action_id: element.action_id, value: orNull(value), ...values };
        const answer = await api.slack.action(state.me, container, action);
        if (GONE.has(answer.error)) throw new Error("That is not there any more: the app has changed it meanwhile.");
        if (!answer.ok) throw new Error(`That did not work: the app failed with the error “${answer.error}”.`);
        await refresh();
      });
    },

    /** The options of an external select for what was typed so far. */
    async suggest(blockId, element, query) {
      const question = { block_id: blockId, action_id: element.action_id, query };
      const answer = await api.slack.suggest(state.me, container, question);
      if (answer.error) throw new Error(answer.error);
      return answer.options.map((option) => ({ ...option, text: { text: option.text } }));
    },
  };
}

const ask = (confirm) =>
  new Promise((resolve) => {
    set({
      confirm: {
        ...confirm,
        answer(yes) {
          set({ confirm: null });
          resolve(yes);
        },
      },
    });
  });
