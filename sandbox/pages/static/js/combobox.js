// A text field that finds options: for external selects and for choosing several. Keyboard as in the ARIA pattern.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { withEmoji } from "./mrkdwn.js";
import { set, state } from "./store.js";

const labels = new Map(); // "field value" -> label, of every option that was ever offered
let timer;

/** `how`: {multiple, most, least, labelOf(value), search(query) -> options, choose(element, place, value)}. */
export function combobox(element, place, how) {
  const box = state.combo?.id === place.id ? state.combo : null;
  const value = place.surface.value(place.blockId, element);
  const label = (each) => labels.get(`${place.id} ${each}`) ?? how.labelOf?.(each) ?? initialLabel(element, each);
  const full = how.multiple && value.length >= (how.most ?? Infinity);
  const note = full ? `No more than ${how.most} can be chosen.` : box?.note;
  const options = full
    ? []
    : (box?.options ?? []).filter((each) => !how.multiple || !value.includes(each.value));

  const patch = (change) => {
    if (state.combo?.id === place.id) set({ combo: { ...state.combo, ...change } });
  };
  const look = (query, typed) => {
    clearTimeout(timer);
    set({ combo: { id: place.id, query, typed, options: box?.options ?? [], active: 0, note: null } });
    if (query.length < (how.least ?? 0)) {
      patch({ options: [], note: "Keep typing to search." });
      return;
    }
    timer = setTimeout(async () => {
      try {
        const found = await how.search(query);
        if (state.combo?.query !== query) return;
        for (const each of found) labels.set(`${place.id} ${each.value}`, each.text.text);
        patch({ options: found, note: found.length ? null : "Nothing found." });
      } catch {
        patch({ options: [], note: "The options could not be loaded." });
      }
    }, 120);
  };
  const leave = () => {
    clearTimeout(timer);
    const emptied = box?.typed && box.query === "" && !how.multiple && value;
    if (box) set({ combo: null });
    if (emptied) how.choose(element, place, "");
  };
  const take = (each) => {
    set({ combo: null });
    how.choose(element, place, how.multiple ? [...value, each.value] : each.value);
  };

  return h(
    "div",
    { class: "combobox" },
    how.multiple && value.length
      ? h(
          "ul",
          { class: "chips" },
          value.map((each) =>
            chip(label(each), () =>
              how.choose(
                element,
                place,
                value.filter((other) => other !== each),
              ),
            ),
          ),
        )
      : null,
    h("input", {
      id: place.id,
      class: "text-input",
      type: "text",
      role: "combobox",
      autocomplete: "off",
      "aria-label": place.label,
      "aria-expanded": box ? "true" : "false",
      "aria-autocomplete": "list",
      "aria-controls": `${place.id}-list`,
      "aria-activedescendant": box && options.length ? `${place.id}-${box.active}` : undefined,
      "aria-describedby": place.described,
      "aria-invalid": place.invalid ? "true" : undefined,
      placeholder: element.placeholder ? withEmoji(element.placeholder.text) : "Search",
      value: box?.typed ? box.query : how.multiple || !value ? "" : (label(value) ?? ""),
      onfocus(event) {
        event.target.select();
        look("", false);
      },
      oninput: (event) => look(event.target.value, true),
      onblur: leave,
      onkeydown(event) {
        if (!box) {
          if (event.key === "ArrowDown") look("", false);
          return;
        }
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && options.length) patch({ active: (box.active + step + options.length) % options.length });
        else if (event.key === "Enter" && options[box.active]) take(options[box.active]);
        else if (event.key === "Escape") leave();
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    }),
    h(
      "ul",
      { class: "options", id: `${place.id}-list`, role: "listbox", hidden: !box, "aria-label": "Options" },
      options.map((each, index) =>
        h(
          "li",
          {
            id: `${place.id}-${index}`,
            role: "option",
            "aria-selected": index === box.active ? "true" : "false",
            onpointerdown: (event) => event.preventDefault(),
            onclick: () => take(each),
          },
          withEmoji(each.text.text),
          each.description ? h("small", {}, withEmoji(each.description.text)) : null,
        ),
      ),
      box && note ? h("li", { class: "muted", role: "presentation" }, note) : null,
    ),
  );
}

const initialLabel = (element, value) =>
  [element.initial_option, ...(element.initial_options ?? [])].find((each) => each?.value === value)?.text.text;

const chip = (label, remove) =>
  h(
    "li",
    { class: "chip" },
    label,
    h(
      "button",
      {
        type: "button",
        "aria-label": `Remove ${label}`,
        onpointerdown: (event) => event.preventDefault(), // the open list stays, and with it the place of this button
        onclick: remove,
      },
      icon("close"),
    ),
  );
