// The interactive elements of Block Kit. Each takes (element, place): where it stands, how it is labelled.
// place: {surface, blockId, id, label, described, invalid, required, quiet}; quiet: choosing does not tell the app.

import { combobox } from "./combobox.js";
import { localMoment, secondsOf } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";
import { withEmoji } from "./mrkdwn.js";
import { conversation, names, people, state } from "./store.js";

const shown = (object) => (object ? withEmoji(object.text) : "");

const naming = (place) => ({
  id: place.id,
  "aria-label": place.label,
  "aria-describedby": place.described,
  "aria-invalid": place.invalid ? "true" : undefined,
  "aria-required": place.required ? "true" : undefined,
});

function choose(element, place, value) {
  place.surface.keep(place.blockId, element, value);
  if (!place.quiet) place.surface.act(place.blockId, element, value);
}

function button(element, place) {
  const busy = place.surface.busy(place.blockId, element);
  const press = () => place.surface.act(place.blockId, element, null);
  const look = `button ${element.style ?? ""} ${busy ? "busy" : ""}`;
  const props = { class: look, "aria-label": element.accessibility_label };
  if (element.url && /^https?:\/\//i.test(element.url)) {
    return h(
      "a",
      { ...props, href: element.url, target: "_blank", rel: "noopener noreferrer", onclick: press },
      shown(element.text),
    );
  }
  return h(
    "button",
    { ...props, type: "button", "aria-disabled": busy ? "true" : undefined, onclick: press },
    shown(element.text),
  );
}

const option = (each) => h("option", { value: each.value }, shown(each.text));

function nativeSelect(element, place, groups) {
  const value = place.surface.value(place.blockId, element);
  const chosen = groups.flatMap((group) => group.options).find((each) => each.value === value);
  return h(
    "div",
    { class: "select" },
    h(
      "select",
      { ...naming(place), value, onchange: (event) => choose(element, place, event.target.value) },
      h("option", { value: "", hidden: place.required }, shown(element.placeholder) || "Choose an option"),
      groups.map((group) =>
        group.label
          ? h("optgroup", { label: shown(group.label) }, group.options.map(option))
          : group.options.map(option),
      ),
    ),
    icon("down"),
    chosen?.description ? h("p", { class: "hint" }, shown(chosen.description)) : null,
  );
}

const toOptions = (things) => [{ options: things.map(({ id, name }) => ({ value: id, text: { text: name } })) }];
const humans = () => people().filter((person) => !person.is_bot && person.active !== false);
const groupsOf = (element) => element.option_groups ?? [{ options: element.options ?? [] }];
const conversations = () =>
  state.slack.conversations.map(({ id, kind, name }) => ({ id, name: kind === "channel" ? `#${name}` : name }));

function multi(element, place, options) {
  const labelOf = (value) =>
    options.find((each) => each.value === value)?.text.text ?? names.person(value) ?? conversation(value)?.name;
  const most = element.max_selected_items;
  return combobox(element, place, { multiple: true, most, labelOf, search: local(options), choose });
}

const local = (options) => async (query) =>
  options.filter((each) => each.text.text.toLowerCase().includes(query.toLowerCase()));

function external(element, place, multiple) {
  return combobox(element, place, {
    multiple,
    most: element.max_selected_items,
    choose,
    least: element.min_query_length ?? 3,
    search: (query) => place.surface.suggest(place.blockId, element, query),
  });
}

function choices(element, place, type) {
  const value = place.surface.value(place.blockId, element);
  const isOn = (each) => (type === "radio" ? each.value === value : value.includes(each.value));
  const pick = (each) => (event) =>
    choose(
      element,
      place,
      type === "radio"
        ? each.value
        : element.options
            .map((other) => other.value)
            .filter((other) => (other === each.value ? event.target.checked : value.includes(other))),
    );
  return h(
    "div",
    { class: "choices", role: type === "radio" ? "radiogroup" : "group", "aria-label": place.label },
    element.options.map((each, index) =>
      h(
        "label",
        { class: "choice" },
        h("input", {
          type,
          name: `${place.id}-choice`,
          id: index === 0 ? place.id : undefined,
          checked: isOn(each),
          "aria-describedby": place.described,
          "aria-invalid": place.invalid ? "true" : undefined,
          onchange: pick(each),
        }),
        h("span", {}, shown(each.text), each.description ? h("small", {}, shown(each.description)) : null),
      ),
    ),
  );
}

function input(type) {
  return (element, place) => {
    const multiline = element.multiline === true;
    const keep = (event) => place.surface.keep(place.blockId, element, event.target.value);
    const tell = (event) => place.surface.act(place.blockId, element, event.target.value);
    const moments = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
    const picker = type === "date" || type === "time";
    return h(multiline ? "textarea" : "input", {
      ...naming(place),
      type: multiline ? undefined : type,
      class: "text-input",
      rows: multiline ? 4 : undefined,
      value: place.surface.value(place.blockId, element),
      placeholder: shown(element.placeholder),
      minlength: element.min_length,
      step: element.is_decimal_allowed ? "any" : undefined,
      autocomplete: "off",
      oninput(event) {
        keep(event);
        if (!place.quiet && !picker && moments.includes("on_character_entered")) tell(event);
      },
      onchange: picker ? (event) => choose(element, place, event.target.value) : undefined,
      onkeydown(event) {
        if (event.key !== "Enter" || multiline || place.quiet || picker || !moments.includes("on_enter_pressed"))
          return;
        event.preventDefault();
        tell(event);
      },
    });
  };
}

// A moment is a number of seconds to Slack, and a day and a time of the visitor's own clock to them.
function moment(element, place) {
  const value = place.surface.value(place.blockId, element);
  return h("input", {
    ...naming(place),
    type: "datetime-local",
    class: "text-input",
    value: localMoment(value),
    onchange: (event) => choose(element, place, secondsOf(event.target.value)),
  });
}

const overflow = (element, place) =>
  menu(
    icon("more"),
    element.options.map((each) => ({
      label: shown(each.text),
      act: () => place.surface.act(place.blockId, element, each.value),
    })),
    { title: "More actions" },
  );

const image = (element) => h("img", { class: "thumb", src: element.image_url, alt: element.alt_text, loading: "lazy" });

const RENDERERS = {
  button,
  overflow,
  image,
  static_select: (element, place) => nativeSelect(element, place, groupsOf(element)),
  users_select: (element, place) => nativeSelect(element, place, toOptions(humans())),
  conversations_select: (element, place) => nativeSelect(element, place, toOptions(conversations())),
  channels_select: (element, place) =>
    nativeSelect(element, place, toOptions(conversations().filter(({ name }) => name.startsWith("#")))),
  external_select: (element, place) => external(element, place, false),
  multi_external_select: (element, place) => external(element, place, true),
  multi_static_select: (element, place) =>
    multi(
      element,
      place,
      groupsOf(element).flatMap((group) => group.options),
    ),
  multi_users_select: (element, place) => multi(element, place, toOptions(humans())[0].options),
  multi_channels_select: (element, place) =>
    multi(element, place, toOptions(conversations().filter(({ name }) => name.startsWith("#")))[0].options),
  multi_conversations_select: (element, place) => multi(element, place, toOptions(conversations())[0].options),
  radio_buttons: (element, place) => choices(element, place, "radio"),
  checkboxes: (element, place) => choices(element, place, "checkbox"),
  plain_text_input: input("text"),
  email_text_input: input("email"),
  url_text_input: input("url"),
  number_input: input("number"),
  datepicker: input("date"),
  timepicker: input("time"),
  datetimepicker: moment,
};

/** Several fields in one: their label is a legend. */
export const isGroup = (element) => element.type === "radio_buttons" || element.type === "checkboxes";

/** Any interactive element, or a note that this page cannot show it. */
export function interactive(element, place) {
  const draw = RENDERERS[element.type];
  return draw
    ? draw(element, place)
    : h("span", { class: "unknown" }, `(a ${element.type.replaceAll("_", " ")} cannot be shown here)`);
}
