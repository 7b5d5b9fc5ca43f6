// Forms: data-autosubmit sends the form when the field changes; a sent form shows it is busy; the first wrong field
// takes the focus; data-indeterminate draws a half-ticked box.
import { onAdded } from "./elements.js";

const TYPING_MS = 250;
const timers = new WeakMap();

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
  if (event.target.hasAttribute("data-theme-switch") || event.defaultPrevented) return;
  event.submitter?.setAttribute("aria-busy", "true");
  event.submitter?.setAttribute("data-sent", "");
});

function done() {
  for (const button of document.querySelectorAll("[data-sent]")) {
    button.removeAttribute("aria-busy");
    button.removeAttribute("data-sent");
  }
}

document.addEventListener("htmx:afterRequest", done);
window.addEventListener("pageshow", done); // back from the next page: the browser shows this one as it was left

onAdded("[data-form-errors], form [aria-invalid=true]", (element) => {
  const form = element.closest("form") ?? document;
  const first = form.querySelector("[data-form-errors]") ?? form.querySelector("[aria-invalid=true]");
  if (first === element) element.focus();
});
onAdded("[data-indeterminate]", (box) => { box.indeterminate = true; });
