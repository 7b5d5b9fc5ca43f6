// Forms: data-autosubmit sends the form when the field changes; a sent form shows it is busy; the first wrong field
// takes the focus; data-indeterminate draws a half-ticked box. A button pressed again before the answer does nothing
// more; one that brings a file, and leaves the page as it is, has data-download. data-fills="id" puts a button's value
// into the field of that id.
import { onAdded } from "./elements.js";

const TYPING_MS = 250;
const LEADS_AWAY = ["HX-Location", "HX-Redirect", "HX-Refresh"];
const timers = new WeakMap();
const underway = new Set(); // what htmx sends for, until its answer is on the page

function later(field, delay) {
  clearTimeout(timers.get(field));
  timers.set(field, setTimeout(() => field.form?.requestSubmit(), delay));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("input[data-autosubmit]:not([type=checkbox], [type=radio])")) later(event.target, TYPING_MS);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-autosubmit], input[data-autosubmit]:is([type=checkbox], [type=radio])")) later(event.target, 0);
});

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || event.target.hasAttribute("data-theme-switch") || button?.hasAttribute("data-download")) return;
  if (button?.hasAttribute("data-sent")) event.preventDefault();
  button?.setAttribute("aria-busy", "true");
  button?.setAttribute("data-sent", "");
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-fills]");
  const field = button && document.getElementById(button.dataset.fills);
  if (!field) return;
  field.value = button.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

function released() {
  underway.clear();
  for (const button of document.querySelectorAll("[data-sent]")) {
    button.removeAttribute("aria-busy");
    button.removeAttribute("data-sent");
  }
}

window.addEventListener("pageshow", released); // back from the next page: the browser shows this one as it was left
document.addEventListener("keydown", (event) => { if (event.key === "Escape") released(); }); // stops loading

document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb, triggeringEvent } = event.detail;
  const isPress = triggeringEvent?.type === "click" || Boolean(triggeringEvent?.submitter);
  if (isPress && verb !== "get" && underway.has(elt) && !elt.closest("[hx-sync]")) event.preventDefault();
});

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (detail.requestConfig.verb !== "get") underway.add(detail.requestConfig.elt);
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (elt === document.body) underway.clear(); // the page is another one, or what was to lead there has failed
  else if (!LEADS_AWAY.some((name) => detail.xhr.getResponseHeader(name))) underway.delete(elt);
});

onAdded("[data-form-errors], form [aria-invalid=true]", (element) => {
  const form = element.closest("form") ?? document;
  const first = form.querySelector("[data-form-errors]") ?? form.querySelector("[aria-invalid=true]");
  if (first === element) element.focus();
});
onAdded("[data-indeterminate]", (box) => { box.indeterminate = true; });
