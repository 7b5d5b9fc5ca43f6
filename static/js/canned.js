// Canned replies in the composer: [data-canned] is an item of their menu, its <template> what it puts where the caret is.
// The menu is fetched when it first opens; its opener stands there only where there is an editor.
import { editorOf } from "./editor.js";
import { placeAgain } from "./menus.js";

const MENU = "#canned-menu";

document.addEventListener("editor:ready", (event) => {
  for (const opener of event.target.querySelectorAll("[data-canned-opener]")) opener.hidden = false;
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-canned]");
  const editor = item && editorOf(item.closest("form"));
  editor?.chain().focus().insertContent(item.querySelector("template").innerHTML).run();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const menu = event.target.closest?.(MENU);
  if (!menu?.matches(":popover-open")) return;
  placeAgain(menu);
  menu.querySelector("[role=menuitem]")?.focus();
});
