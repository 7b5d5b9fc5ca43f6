// Moving through a list: [data-list] holds [data-row]s, each with one [data-row-link]. J and K move the focus to the
// next link, mark the row is-current and send it "list:move", on which a preview may load.
import { isVisible } from "./elements.js";
import { areSingleKeysOn } from "./keyboard.js";

export function rows(list) {
  return [...list.querySelectorAll("[data-row]")].filter(isVisible);
}

export function currentRow(list) {
  return document.activeElement.closest("[data-row]") ?? list.querySelector("[data-row].is-current");
}

export function visibleList() {
  return [...document.querySelectorAll("[data-list]")].find(isVisible);
}

function move(list, step) {
  const all = rows(list);
  if (!all.length) return;
  const at = all.indexOf(currentRow(list));
  const goal = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))];
  for (const row of all) row.classList.toggle("is-current", row === goal);
  goal.querySelector("[data-row-link]")?.focus();
  goal.scrollIntoView({ block: "nearest" });
  goal.dispatchEvent(new CustomEvent("list:move", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  const list = step && areSingleKeysOn(event) ? visibleList() : null;
  if (!list) return;
  event.preventDefault();
  move(list, step);
}, true);
