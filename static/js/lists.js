// Moving through a list: [data-list] holds [data-row]s, each with one [data-row-link]. J and K move the focus to the
// next link, mark the row is-current and send it "list:move" once they rest there, on which a preview may load. A list with data-list-place
// is found again as it was left, at the same row or the one that took its place; a[data-list-back] leads there.
import { isVisible, onAdded } from "./elements.js";
import { areSingleKeysOn } from "./keyboard.js";

const REST_MS = 120;
let resting = 0;

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
  select(list, all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))]);
}

function select(list, goal) {
  for (const row of rows(list)) {
    row.classList.toggle("is-current", row === goal);
    row.classList.remove("is-previewed");
  }
  goal.querySelector("[data-row-link]")?.focus();
  goal.scrollIntoView({ block: "nearest" });
  clearTimeout(resting);
  resting = setTimeout(() => send(goal), REST_MS);
}

function send(row) {
  row.dispatchEvent(new CustomEvent("list:move", { bubbles: true }));
}

// What one opens at once needs no preview any more.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-row-link]")) clearTimeout(resting);
}, true);

document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  const list = step && areSingleKeysOn(event) ? visibleList() : null;
  if (!list) return;
  event.preventDefault();
  move(list, step);
}, true);

const PLACE = "list-place";

function storedPlace() {
  return JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
}

window.addEventListener("pagehide", () => {
  const list = document.querySelector("[data-list-place]");
  if (!list) return;
  const row = currentRow(list);
  const link = row?.querySelector("[data-row-link]");
  const place = { list: location.pathname + location.search, row: link?.pathname ?? "", at: rows(list).indexOf(row) };
  sessionStorage.setItem(PLACE, JSON.stringify(place));
});

function returnTo(list, place) {
  const all = rows(list);
  const same = all.find((row) => row.querySelector("[data-row-link]")?.pathname === place.row);
  const goal = same ?? all[Math.min(place.at, all.length - 1)];
  if (goal && matchMedia("(pointer: fine)").matches) select(list, goal);
  else goal?.scrollIntoView({ block: "center" });
}

onAdded("[data-list-place]", (list) => {
  const place = storedPlace();
  const isKnown = place.at >= 0 && place.list === location.pathname + location.search;
  setTimeout(() => (isKnown ? returnTo(list, place) : showFirst(list)), 0);
});

// Where there is room for the preview, it begins with the first row. That moves nothing: J still begins there.
function showFirst(list) {
  const preview = document.getElementById(list.dataset.listPreview);
  const show = () => {
    const first = rows(list)[0];
    if (!first || !preview || !isVisible(preview) || currentRow(list)) return;
    first.classList.add("is-previewed");
    send(first);
  };
  if (document.readyState === "complete") show();
  else window.addEventListener("load", show, { once: true }); // by then htmx listens
}

onAdded("a[data-list-back]", (link) => {
  const { list = "" } = storedPlace();
  if (list.split("?")[0] === link.pathname) link.href = list;
});

// A list that a POST changes: the focus goes to the row after the picked ones, or to what took its place. One that comes
// anew by itself, asked for by [data-keeps-place], keeps the focus if it was there.
let goalAfter = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (!target?.matches?.("[data-list]")) return;
  const isByItself = requestConfig?.elt.matches("[data-keeps-place]") ?? false;
  if (requestConfig?.verb !== "post" && !(isByItself && target.contains(document.activeElement))) return;
  const all = rows(target);
  const isPicked = (row) => !isByItself && row.querySelector("[data-pick]:checked");
  const last = all.findLastIndex(isPicked);
  const goal = all.find((row, at) => at > last && !isPicked(row)) ?? all.findLast((row) => !isPicked(row));
  const row = last < 0 ? currentRow(target) : goal;
  goalAfter = { row: row?.querySelector("[data-row-link]")?.pathname ?? "", at: Math.max(0, all.indexOf(row)), scroll: target.scrollTop };
});

document.addEventListener("htmx:afterSwap", (event) => {
  const list = event.detail.target;
  if (!goalAfter || !list?.matches?.("[data-list]")) return;
  list.scrollTop = goalAfter.scroll;
  if (rows(list).length) returnTo(list, goalAfter);
  else {
    const heading = list.querySelector("h2");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
  }
  goalAfter = null;
});
