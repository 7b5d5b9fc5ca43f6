// Changes of a ticket show at once. A [data-change] posts a value to …/changes/<what>/: every [data-picker="<what>"] shows
// what its <template> holds, else what it shows itself, as does [data-follows="<what>"], and [data-tags] one tag more or less. They go out one after the
// other, since each answer draws all properties anew. What is refused or gets no answer is taken back, to be tried again.
import { csrfToken } from "./csrf.js";
import { phrase } from "./phrases.js";

const TIMEOUT_MS = 20000;
const PICKERS = { spam: "status", untag: "tag" };
const wishes = []; // the first is under way
const wishOf = new WeakMap(); // by request
const truths = new WeakMap(); // what a picker showed before

document.addEventListener("htmx:confirm", (event) => {
  const { elt, path } = event.detail;
  if (!elt.matches("[data-change]")) return;
  const form = elt.closest("form") ?? elt.form;
  const value = elt === form ? form.elements.value.value.trim() : elt.value;
  const what = path.match(/([a-z]+)\/$/)[1];
  if (what === "tag" && !value) return; // the server says what a tag is
  event.preventDefault();
  const shown = (elt.querySelector("template")?.content ?? elt).cloneNode(true);
  const wish = { path, what, value, shown, place: form.elements.place?.value ?? "side" };
  if (what === "tag" && elt === form) closeTagForm(form);
  else if (what.endsWith("tag")) pickerOf(wish).focus(); // its button goes
  add(wish);
});

function closeTagForm(form) {
  form.elements.value.value = "";
  form.hidePopover();
}

function pickerOf({ what, place }) {
  return document.getElementById(`pick-${PICKERS[what] ?? what}-${place}`);
}

function add(wish) {
  const overruled = wishes.findLastIndex((other) => other.what === wish.what && !wish.what.endsWith("tag"));
  if (overruled > 0) wishes.splice(overruled, 1);
  wishes.push(wish);
  show(wish);
  if (wishes.length === 1) send();
}

function send() {
  const [{ path, value, place }] = wishes;
  const target = `#properties-${place}`;
  window.htmx.ajax("POST", path, { source: target, target, swap: "outerHTML", values: { value, place } }).catch(() => {});
}

function show({ what, value, shown }) {
  if (what === "untag") hideTag(value);
  else if (what === "tag") addTag(value);
  else for (const place of placesOf(PICKERS[what] ?? what)) {
    if (!truths.has(place)) truths.set(place, [...place.childNodes]);
    const arrow = place.matches("[data-picker]") ? [place.lastElementChild] : [];
    place.replaceChildren(...shown.cloneNode(true).childNodes, ...arrow);
  }
}

function placesOf(what) {
  return document.querySelectorAll(`[data-picker="${what}"], [data-follows="${what}"]`);
}

function addTag(name) {
  for (const suggested of document.querySelectorAll("[data-suggested-tag]")) {
    if (suggested.dataset.suggestedTag === name) suggested.hidden = true;
  }
  for (const tags of document.querySelectorAll("[data-tags]")) {
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.dataset.wished = "";
    const words = document.createElement("bdi");
    words.textContent = name;
    tag.append(words);
    tags.querySelector("[popovertarget]").before(tag);
  }
}

function hideTag(id) {
  for (const button of document.querySelectorAll("[data-tags] button[data-change]")) {
    if (button.value === id) button.closest(".tag").hidden = true;
  }
}

// As the server said it is, with what is still under way on top.
function draw() {
  for (const place of document.querySelectorAll("[data-picker], [data-follows]")) {
    if (truths.has(place)) place.replaceChildren(...truths.get(place));
  }
  for (const tag of document.querySelectorAll("[data-tags] > [data-wished]")) tag.remove();
  for (const tag of document.querySelectorAll("[data-tags] > [hidden].tag, [data-suggested-tag][hidden]")) tag.hidden = false;
  for (const wish of wishes) show(wish);
}

function tryAgain(wish) {
  const run = () => {
    add(wish);
    pickerOf(wish)?.focus(); // the toast has gone
  };
  return { label: phrase("try_again"), run };
}

// The action for a toast about a request that failed; null where the request was no change.
export function secondTry(request) {
  return wishOf.has(request) ? tryAgain(wishOf.get(request)) : null;
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.path === wishes[0]?.path) detail.timeout = TIMEOUT_MS;
});

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (detail.requestConfig.path === wishes[0]?.path) wishOf.set(detail.xhr, wishes[0]);
});

document.addEventListener("toast", ({ detail, target }) => {
  if (detail.tone === "bad" && wishes.length && target.id?.startsWith("properties-")) detail.action = tryAgain(wishes[0]);
}, true);

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!wishes.length || wishOf.get(detail.xhr) !== wishes[0]) return;
  wishes.shift();
  draw();
  if (wishes.length) setTimeout(send, 0); // once htmx is done with this one
});

// An answer that comes while the next menu is open already leaves it open.
let opened = "";
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id.startsWith("properties-")) opened = detail.target.querySelector("[popover]:popover-open")?.id ?? "";
});
document.addEventListener("htmx:afterSwap", () => {
  const opener = opened && document.querySelector(`[popovertarget="${opened}"]`);
  opened = "";
  if (opener) opener.click();
});

// Leaving does not wait for answers. To be told the same twice changes nothing.
window.addEventListener("pagehide", () => {
  for (const { path, value } of wishes.splice(0)) {
    const body = new FormData();
    body.append("value", value);
    body.append("csrfmiddlewaretoken", csrfToken());
    navigator.sendBeacon(path, body);
  }
});
