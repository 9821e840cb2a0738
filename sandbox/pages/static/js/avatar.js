// A round mark with somebody's initials, or the app's sign.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { people } from "./store.js";

const TINTS = ["#b4532a", "#2f6f8f", "#7a4b94", "#3d7a4a", "#a03e5e", "#8a6a16"];

const tint = (person) =>
  person.is_bot
    ? "var(--accent)"
    : TINTS[
        Math.max(
          people().findIndex(({ id }) => id === person.id),
          0,
        ) % TINTS.length
      ];

export const avatar = (person, size = "") =>
  h(
    "span",
    { class: `avatar ${size} ${person.is_bot ? "app" : ""}`, "aria-hidden": "true", style: { "--tint": tint(person) } },
    person.is_bot ? icon("sparkle") : (person.initials ?? person.name.slice(0, 1)),
  );
