// Elements are made here and nowhere else. Whatever comes from data goes in as text, so it can never become markup.

/** `element("p", { class: "soft" }, "text", child)`: a string becomes text, null nothing; `on…` listens. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const page = document.getElementById("page");
const announcer = document.getElementById("announcer");

/** Puts this on the page in place of what is there. */
function show(...children) {
  page.replaceChildren(...children.filter((child) => child !== null));
  page.removeAttribute("aria-busy");
}

/** Says this to whoever listens instead of looking. */
function announce(words) {
  announcer.textContent = words;
}

let lastNumber = 0;

/** An id that nothing else on the page has. */
function freshId(what) {
  lastNumber += 1;
  return `${what}-${lastNumber}`;
}
