// Block Kit: a list of blocks on a surface, as elements of the page.

import { h } from "./dom.js";
import { interactive, isGroup } from "./elements.js";
import { mrkdwn, text } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { names } from "./store.js";

const idFor = (surface, block, element) =>
  `f-${surface.key}-${block.block_id}-${element.action_id ?? ""}`.replace(/[^\w-]/g, "_");

const nothing = { described: undefined, invalid: false, required: false, quiet: false };
const standing = (element, surface, block) => ({
  ...nothing,
  surface,
  blockId: block.block_id,
  id: idFor(surface, block, element),
  label: element.placeholder?.text,
});

function section(block, surface) {
  const accessory = block.accessory
    ? h("div", { class: "accessory" }, interactive(block.accessory, standing(block.accessory, surface, block)))
    : null;
  return h(
    "div",
    { class: "section" },
    h(
      "div",
      { class: "section-text" },
      block.text ? h("div", { class: "prose" }, text(block.text, names)) : null,
      block.fields
        ? h(
            "div",
            { class: "fields" },
            block.fields.map((field) => h("div", { class: "prose" }, text(field, names))),
          )
        : null,
    ),
    accessory,
  );
}

const context = (block) =>
  h(
    "div",
    { class: "context" },
    block.elements.map((element) =>
      element.type === "image"
        ? h("img", { class: "context-image", src: element.image_url, alt: element.alt_text })
        : h("span", {}, text(element, names)),
    ),
  );

const actions = (block, surface) =>
  h(
    "div",
    { class: "actions" },
    block.elements.map((element) => interactive(element, standing(element, surface, block))),
  );

function input(block, surface) {
  const { element } = block;
  const error = surface.errors[block.block_id];
  const id = idFor(surface, block, element);
  const optional = block.optional ? h("span", { class: "optional", id: `${id}-optional` }, "(optional)") : null;
  const notes = [optional && `${id}-optional`, block.hint && `${id}-hint`, error && `${id}-error`];
  const place = {
    surface,
    blockId: block.block_id,
    id,
    label: undefined,
    described: notes.filter(Boolean).join(" ") || undefined,
    invalid: Boolean(error),
    required: !block.optional,
    quiet: !block.dispatch_action,
  };
  const label = text(block.label, names);
  const group = isGroup(element);
  return h(
    group ? "fieldset" : "div",
    { class: `field ${error ? "wrong" : ""}` },
    group ? h("legend", {}, label) : h("label", { for: id }, label),
    optional,
    interactive(element, place),
    error ? h("p", { class: "error", id: `${id}-error` }, error) : null,
    block.hint ? h("p", { class: "hint", id: `${id}-hint` }, text(block.hint, names)) : null,
  );
}

const image = (block) =>
  h(
    "figure",
    { class: "picture" },
    h("img", { src: block.image_url, alt: block.alt_text, loading: "lazy" }),
    block.title ? h("figcaption", {}, text(block.title, names)) : null,
  );

const RENDERERS = {
  section,
  context,
  actions,
  input,
  image,
  header: (block) => h("h3", { class: "block-header" }, text(block.text, names)),
  divider: () => h("hr", { class: "divider" }),
  rich_text: (block) => richText(block, names),
  markdown: (block) => h("div", { class: "prose" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*"), names)),
};

/** All blocks, in order. A kind that this page does not know is named rather than left out. */
export const blocks = (list, surface) =>
  h(
    "div",
    { class: "blocks" },
    list.map((block) => {
      const draw = RENDERERS[block.type];
      return h(
        "div",
        { key: block.block_id, class: `block block-${block.type}` },
        draw
          ? draw(block, surface)
          : h("p", { class: "unknown" }, `(a ${block.type.replaceAll("_", " ")} cannot be shown here)`),
      );
    }),
  );
