// The app's Home tab, as the person sees it.

import { avatar } from "./avatar.js";
import { blocks } from "./blocks.js";
import { h } from "./dom.js";
import { here, state } from "./store.js";
import { ofView } from "./surface.js";

export function homeTab() {
  const view = state.homeView;
  return [
    h(
      "header",
      { class: "conversation-head", key: "head" },
      avatar({ id: "", name: "Usher", is_bot: true }, "small"),
      h("h1", {}, "Usher Home"),
      h("span", { class: "app-badge" }, "App"),
    ),
    h(
      "section",
      { class: "home", key: `home ${here()}`, "aria-label": "Usher Home", tabindex: 0 },
      view ? blocks(view.blocks, ofView(view)) : null,
      view === null ? h("p", { class: "empty late" }, "The app has not published a Home tab for you yet.") : null,
    ),
  ];
}
