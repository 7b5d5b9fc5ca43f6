// Selecting rows: [data-selectable] holds a [data-list] with [data-pick] checkboxes and a [data-bulk] bar.
// X, Shift-X, Ctrl-A, shift-click; [data-pick-all], [data-pick-clear], [data-bulk-count data-one data-other].
// Once all rows are picked and the list goes on, [data-pick-rest=address] loads the offer to take the rest as well, by
// its button or Ctrl-A once more: then its fields say so to the server.
import { onAdded } from "./elements.js";
import { areSingleKeysOn } from "./keyboard.js";
import { currentRow } from "./lists.js";
import { phrase } from "./phrases.js";

const lastPicked = new WeakMap();

function picks(area) {
  return [...area.querySelectorAll("[data-pick]")];
}

function refresh(area) {
  const all = picks(area);
  const count = all.filter((pick) => pick.checked).length;
  for (const text of area.querySelectorAll("[data-bulk-count]")) {
    text.textContent = (count === 1 ? text.dataset.one : text.dataset.other).replace("%s", count);
  }
  for (const box of area.querySelectorAll("[data-pick-all]")) {
    box.checked = count > 0 && count === all.length;
    box.indeterminate = count > 0 && count < all.length;
  }
  offerRest(area, count > 0 && count === all.length ? count : 0);
}

function offerRest(area, count) {
  const place = area.querySelector("[data-pick-rest]");
  if (!place) return;
  const goesOn = count > 0 && area.querySelector("[data-list] :is(a[rel=next], a[rel=prev])") !== null;
  place.hidden = !goesOn;
  const address = goesOn ? place.dataset.pickRest + location.search : "";
  if (place.dataset.asked === address && goesOn) return;
  place.dataset.asked = address;
  place.replaceChildren();
  if (goesOn) window.htmx.ajax("GET", address, { source: place, target: place, swap: "innerHTML" }).catch(() => {});
}

function takeRest(area, isTaken) {
  const place = area.querySelector("[data-pick-rest]");
  const offer = place?.querySelector("[data-pick-offer]");
  if (!offer) return;
  const taken = place.querySelector("[data-pick-taken]");
  const hadFocus = place.contains(document.activeElement);
  offer.hidden = isTaken;
  taken.hidden = !isTaken;
  for (const field of place.querySelectorAll("input")) field.disabled = !isTaken;
  if (isTaken) document.getElementById("announcer").textContent = taken.dataset.announceTaken;
  if (hadFocus) (isTaken ? taken : offer).querySelector("button").focus();
}

// The offer came: it says how many are shown.
onAdded("[data-pick-shown]", (words) => {
  const count = picks(words.closest("[data-selectable]")).length;
  words.textContent = (count === 1 ? words.dataset.one : words.dataset.other).replace("%s", count);
});

function setAll(area, isPicked) {
  for (const pick of picks(area)) pick.checked = isPicked;
  refresh(area);
}

// The bar goes, so the focus goes back to the list if it was there.
function clear(area) {
  const hadFocus = area.querySelector("[data-bulk]")?.contains(document.activeElement);
  setAll(area, false);
  if (hadFocus) currentRow(area.querySelector("[data-list]"))?.querySelector("[data-row-link]")?.focus();
}

// From the last picked one to this one, both included.
function pickRange(area, until) {
  const all = picks(area);
  const ends = [all.indexOf(lastPicked.get(area)), all.indexOf(until)].sort((a, b) => a - b);
  for (const pick of all.slice(Math.max(0, ends[0]), ends[1] + 1)) pick.checked = true;
}

document.addEventListener("click", (event) => {
  const area = event.target.closest("[data-selectable]");
  if (!area) return;
  if (event.target.closest("[data-pick-clear]")) clear(area);
  else if (event.target.closest("[data-pick-rest-all]")) takeRest(area, true);
  else if (event.target.closest("[data-pick-rest-none]")) takeRest(area, false);
  else if (event.target.matches("[data-pick-all]")) setAll(area, event.target.checked);
  else if (event.target.matches("[data-pick]")) {
    if (event.shiftKey && event.target.checked) pickRange(area, event.target);
    lastPicked.set(area, event.target);
    refresh(area);
  }
});

document.addEventListener("keydown", (event) => {
  const area = document.querySelector("[data-selectable]");
  const list = area?.querySelector("[data-list]");
  if (!list) return;
  const isAll = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a" && list.contains(event.target);
  if (isAll) {
    event.preventDefault();
    if (picks(area).every((pick) => pick.checked)) takeRest(area, true);
    else setAll(area, true);
  } else if (areSingleKeysOn(event) && event.key.toLowerCase() === "x") {
    const pick = currentRow(list)?.querySelector("[data-pick]");
    if (!pick) return;
    if (event.shiftKey) pickRange(area, pick);
    else pick.checked = !pick.checked;
    lastPicked.set(area, pick);
    refresh(area);
  } else if (event.key === "Escape" && areSingleKeysOn(event)) clear(area);
});

// A, E and T act on the current row while none is picked. Before the keys themselves, which act on what is picked.
document.addEventListener("keydown", (event) => {
  if (!["a", "e", "t"].includes(event.key.toLowerCase()) || !areSingleKeysOn(event)) return;
  const area = document.querySelector("[data-selectable]:has([data-bulk])");
  const list = area?.querySelector("[data-list]");
  if (!list || picks(area).some((pick) => pick.checked)) return;
  const pick = currentRow(list)?.querySelector("[data-pick]");
  if (!pick) return;
  pick.checked = true;
  lastPicked.set(area, pick);
  refresh(area);
}, true);

const tried = new WeakMap(); // by request: the button of the bar, and what was picked

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  const area = detail.requestConfig.verb === "post" && detail.elt.closest("[data-bulk]")?.closest("[data-selectable]");
  if (!area) return;
  const picked = new Set(picks(area).filter((pick) => pick.checked).map((pick) => pick.value));
  const hasAll = area.querySelector("[data-pick-rest] input:enabled") !== null;
  tried.set(detail.xhr, { area, button: detail.elt, picked, hasAll });
});

// The action for a toast about a bulk change that failed: the same once more for the same tickets; null for other requests.
export function secondBulkTry(request) {
  const { area, button, picked, hasAll } = tried.get(request) ?? {};
  if (!area) return null;
  const run = () => {
    for (const pick of picks(area)) pick.checked = picked.has(pick.value);
    refresh(area);
    // With another choice in between the offer comes anew, and is for the person to take.
    if (!hasAll || area.querySelector("[data-pick-rest] input:enabled")) button.click();
  };
  return { label: phrase("try_again"), run };
}

// A choice was made; a menu that is only fetched stays open.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb === "get") return;
  event.target.closest?.("[data-bulk]")?.querySelector(":popover-open")?.hidePopover();
});

// A list that comes anew by itself keeps what is picked.
let kept = new Set();

document.addEventListener("htmx:beforeSwap", (event) => {
  const area = event.detail.requestConfig?.elt.matches("[data-keeps-place]") && event.detail.target?.closest("[data-selectable]");
  kept = new Set(area ? picks(area).filter((pick) => pick.checked).map((pick) => pick.value) : []);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const { verb, elt } = event.detail.requestConfig ?? {};
  if (verb === "post") elt.closest("[data-bulk]")?.reset();
  const area = event.target.closest?.("[data-selectable]");
  if (!area || event.target.closest("[data-bulk]")) return;
  for (const pick of picks(area)) pick.checked ||= kept.has(pick.value);
  refresh(area);
});
onAdded("[data-selectable]", refresh);
