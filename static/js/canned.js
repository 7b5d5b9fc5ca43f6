// Canned replies in the composer: [data-canned] is an item of their menu, its <template> what it puts where the caret is.
// The menu is fetched when it first opens; its opener stands there only where there is an editor. "/" on an empty line
// opens it, too; whoever leaves it without choosing has typed that.
import { editorOf } from "./editor.js";
import { placeAgain } from "./menus.js";

const MENU = "#canned-menu";
let slashed = null; // the editor in which "/" opened the menu

function isOnEmptyLine(editor) {
  const { empty, $from } = editor.state.selection;
  return empty && $from.parent.content.size === 0;
}

document.addEventListener("editor:ready", (event) => {
  const form = event.target;
  const opener = form.querySelector("[data-canned-opener]");
  if (!opener) return;
  const editor = editorOf(form);
  opener.hidden = false;
  opener.addEventListener("click", () => { slashed = null; });
  editor.view.dom.addEventListener("keydown", (key) => {
    if (key.key !== "/" || key.isComposing || key.ctrlKey || key.metaKey || key.altKey || !isOnEmptyLine(editor)) return;
    key.preventDefault();
    opener.click();
    slashed = editor;
  });
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-canned]");
  const editor = item && editorOf(item.closest("form"));
  if (!editor) return;
  slashed = null;
  editor.chain().focus().insertContent(item.querySelector("template").innerHTML).run();
});

document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.(MENU) || event.newState === "open" || !slashed) return;
  slashed.chain().focus().insertContent("/").run();
  slashed = null;
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  const menu = event.target.closest?.(MENU);
  if (!menu?.matches(":popover-open")) return;
  placeAgain(menu);
  menu.querySelector("[role=menuitem]")?.focus();
});
