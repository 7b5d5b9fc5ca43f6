// Single keys: data-key="E" on a link, button or field presses, follows or focuses it; data-key="G N" is a sequence.
// Off while typing, in dialogs and menus, and for people who switched them off (WCAG 2.1.4).
import { openDialog } from "./dialogs.js";
import { isTyping, isVisible } from "./elements.js";

const SEQUENCE_MS = 1200;
let started = "";
let startedAt = 0;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    if (isTyping(event.target) && event.target.closest("[contenteditable]")) return; // a link in the editor
    event.preventDefault();
    openDialog(document.getElementById("palette"));
    return;
  }
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape" && isTyping(event.target) && !event.target.closest("dialog, [popover]")) event.target.blur();
  if (!areSingleKeysOn(event)) return;
  const key = nameOf(event);
  const isSequence = started && performance.now() - startedAt < SEQUENCE_MS;
  const target = (isSequence && find(`${started} ${key}`)) || find(key);
  started = "";
  if (key === "?" && !target) openDialog(document.getElementById("shortcuts"));
  else if (target) press(target, event);
  else if (document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) begin(key);
});

export function areSingleKeysOn(event) {
  const isOff = document.body.dataset.singleKeys === "off" || event.ctrlKey || event.metaKey || event.altKey;
  return !isOff && !isTyping(event.target) && !document.querySelector("dialog[open], :popover-open");
}

function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return event.shiftKey && /^[A-Z]$/.test(key) ? `Shift ${key}` : key;
}

function begin(key) {
  started = key;
  startedAt = performance.now();
}

// First what is on the sheet, then anything visible, then the rail even when it is folded away.
function find(keys) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`)];
  const visible = all.filter(canBePressed);
  return visible.find((element) => element.closest("#main")) ?? visible[0] ?? all.find((element) => element.closest(".rail"));
}

// An entry of a shut menu can be pressed as long as the menu could be opened.
function canBePressed(element) {
  const menu = element.matches("[role^=menuitem]") ? element.closest("[popover]:not(:popover-open)") : null;
  if (!menu) return isVisible(element);
  return [...document.querySelectorAll(`[popovertarget="${CSS.escape(menu.id)}"]`)].some(isVisible);
}

function press(target, event) {
  event.preventDefault();
  if (target.hasAttribute("popovertarget")) target.focus(); // where the focus returns to from what opens
  if (target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) target.focus();
  else target.click();
}
