// A small virtual DOM: describe with h(), show with render(). Elements keep their identity between renders, so
// focus, caret, scroll and half-typed text survive every live update. Nothing here ever parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "open", "selected"]);

/**
 * Describe an element. Children may be nodes, strings, numbers, nested arrays, or nothing (null, false). What is inside
 * an element with the property `foreign` is somebody else's business.
 */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, key: props?.key, children: flatten(children) };
}

function flatten(children, into = []) {
  for (const child of children) {
    if (Array.isArray(child)) flatten(child, into);
    else if (child !== null && child !== undefined && child !== false && child !== true) {
      into.push(typeof child === "object" ? child : String(child));
    }
  }
  return into;
}

/** Make the children of `root` what `nodes` says, touching only what differs. */
export function render(root, ...nodes) {
  patchChildren(root, flatten(nodes), false);
}

function patchChildren(parent, wanted, inSvg) {
  const existing = [...parent.childNodes];
  const kept = match(existing, wanted);
  const staying = new Set(kept);
  for (const node of existing) {
    if (staying.has(node)) continue;
    node.vnode?.props.unmount?.(node);
    node.remove();
  }
  let cursor = parent.firstChild; // what leaves is gone by now, so what stays is moved only if its order changed
  wanted.forEach((child, index) => {
    const node = kept[index] ?? create(child, inSvg);
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
    update(node, child, inSvg);
  });
}

// For each wanted child the node that goes on being it: the one with its key, or the next one of its kind.
function match(existing, wanted) {
  const byKey = new Map();
  const nameless = [];
  for (const node of existing) {
    if (node.vnode?.key === undefined) nameless.push(node);
    else byKey.set(node.vnode.key, node);
  }
  let from = 0;
  return wanted.map((child) => {
    if (child.key !== undefined) {
      const node = byKey.get(child.key);
      byKey.delete(child.key);
      return node && fits(node, child) ? node : null;
    }
    const at = nameless.findIndex((node, index) => index >= from && fits(node, child));
    if (at < 0) return null;
    from = at + 1;
    return nameless[at];
  });
}

function fits(node, child) {
  if (typeof child === "string") return node.nodeType === Node.TEXT_NODE;
  return node.vnode?.tag === child.tag;
}

function create(child, inSvg) {
  if (typeof child === "string") return document.createTextNode(child);
  const svg = inSvg || child.tag === "svg";
  return svg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
}

function update(node, child, inSvg) {
  if (typeof child === "string") {
    if (node.data !== child) node.data = child;
    return;
  }
  const isNew = !node.vnode;
  const before = node.vnode?.props ?? {};
  node.vnode = child;
  for (const name of Object.keys(before)) if (!(name in child.props)) setProp(node, name, undefined);
  const late = [];
  for (const [name, value] of Object.entries(child.props)) {
    if (PROPERTIES.has(name)) late.push([name, value]);
    else if (before[name] !== value || typeof value === "object") setProp(node, name, value, before[name]);
  }
  if (!child.props.foreign) patchChildren(node, child.children, inSvg || child.tag === "svg");
  for (const [name, value] of late) if (node[name] !== (value ?? "")) node[name] = value ?? ""; // a select needs its options first
  if (isNew) child.props.mount?.(node);
}

function setProp(node, name, value, before) {
  if (name === "key" || name === "mount" || name === "unmount" || name === "foreign") return;
  if (name.startsWith("on")) node[name.toLowerCase()] = value ?? null;
  else if (name === "style") setStyle(node, value ?? {}, before ?? {});
  else if (PROPERTIES.has(name)) node[name] = value ?? "";
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

function setStyle(node, style, before) {
  for (const name of Object.keys(before)) if (!(name in style)) node.style.removeProperty(name);
  for (const [name, value] of Object.entries(style)) node.style.setProperty(name, value);
}
