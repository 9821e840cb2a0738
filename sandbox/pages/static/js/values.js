// The values of Block Kit's interactive elements, in the shape in which the sandbox takes them.

const optionValue = (option) => option?.value ?? "";
const optionValues = (options) => (options ?? []).map((option) => option.value);

const INITIAL = {
  static_select: (element) => optionValue(element.initial_option),
  external_select: (element) => optionValue(element.initial_option),
  radio_buttons: (element) => optionValue(element.initial_option),
  users_select: (element) => element.initial_user ?? "",
  channels_select: (element) => element.initial_channel ?? "",
  conversations_select: (element) => element.initial_conversation ?? "",
  checkboxes: (element) => optionValues(element.initial_options),
  multi_static_select: (element) => optionValues(element.initial_options),
  multi_external_select: (element) => optionValues(element.initial_options),
  multi_users_select: (element) => element.initial_users ?? [],
  multi_channels_select: (element) => element.initial_channels ?? [],
  multi_conversations_select: (element) => element.initial_conversations ?? [],
  datepicker: (element) => element.initial_date ?? "",
  timepicker: (element) => element.initial_time ?? "",
  datetimepicker: (element) => element.initial_date_time ?? "",
};

const initialValue = (element) => (INITIAL[element.type] ?? (() => element.initial_value ?? ""))(element);

/** What an element holds: what was entered, as long as it is still a choice, or else what it began with. */
export function currentValue(element, entered) {
  if (entered === undefined) return initialValue(element);
  const options = element.options ?? element.option_groups?.flatMap((group) => group.options);
  if (!options || entered === "") return entered;
  const offered = new Set(optionValues(options));
  if (Array.isArray(entered)) return entered.filter((value) => offered.has(value));
  return offered.has(entered) ? entered : initialValue(element);
}

/** The elements of a view that hold a value, as [block, element] pairs. */
export function* fields(blocks) {
  for (const block of blocks) {
    const elements =
      block.type === "input" ? [block.element] : block.type === "section" ? [block.accessory] : (block.elements ?? []);
    if (!["input", "section", "actions"].includes(block.type)) continue;
    for (const element of elements) {
      if (element?.action_id && !["button", "overflow"].includes(element.type)) yield [block, element];
    }
  }
}

/** An empty field has no value. */
export const orNull = (value) => (value === "" ? null : value);

/** {block_id: {action_id: value}} of a view: what was typed, or else what it began with. */
export function valuesOf(blocks, typed = {}) {
  const values = {};
  for (const [block, element] of fields(blocks)) {
    values[block.block_id] ??= {};
    values[block.block_id][element.action_id] = orNull(
      currentValue(element, typed[block.block_id]?.[element.action_id]),
    );
  }
  return values;
}

const CHECKS = {
  email_text_input: [/^[^\s@]+@[^\s@]+\.[^\s@]+$/, "Please enter an e-mail address."],
  url_text_input: [/^[a-z][a-z0-9+.-]*:\/\/\S+$/i, "Please enter a link, beginning with https://."],
  number_input: [/^-?\d+(\.\d+)?$/, "Please enter a number."],
};

/** What Slack itself finds wrong before it asks the app: {block_id: sentence}. */
export function complaints(blocks, values) {
  const found = {};
  for (const [block, element] of fields(blocks)) {
    if (block.type !== "input") continue;
    const sentence = complaint(block, element, values[block.block_id][element.action_id]);
    if (sentence) found[block.block_id] = sentence;
  }
  return found;
}

function complaint(block, element, value) {
  const shown = typeof value === "string" ? value.trim() : (value ?? []);
  if (shown.length === 0) return block.optional ? null : "Please complete this required field.";
  if (element.min_length && shown.length < element.min_length)
    return `Please write at least ${element.min_length} characters.`;
  if (element.max_length && shown.length > element.max_length)
    return `Please write at most ${element.max_length} characters.`;
  const [pattern, sentence] = CHECKS[element.type] ?? [];
  return pattern && !pattern.test(shown) ? sentence : null;
}
