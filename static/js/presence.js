// Says every eight seconds that this page is open, while it is visible, and whether its composer is being written in;
// the answer names who else is here. Leaving says so too.
import { csrfToken } from "./csrf.js";
import { onAdded } from "./elements.js";

const TICK_MS = 8000;
const WRITING_MS = 20000; // without a key for so long, one has stopped
let typedAt = 0;

document.addEventListener("input", (event) => {
  if (event.target.closest?.("form[data-composer]")) typedAt = Date.now();
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-composer]")) typedAt = 0;
});

function tick(form) {
  if (document.visibilityState !== "visible" || !form.isConnected) return;
  form.elements.writing.value = typedAt && Date.now() - typedAt < WRITING_MS ? "yes" : "";
  const seen = document.querySelector("form[data-composer] input[name=seen_position]");
  if (seen) form.elements.seen_position.value = seen.value;
  form.dispatchEvent(new CustomEvent("presence:tick"));
}

function leave(form) {
  const body = new FormData();
  body.append("leaving", "yes");
  body.append("csrfmiddlewaretoken", csrfToken());
  navigator.sendBeacon(form.getAttribute("hx-post"), body);
}

onAdded("form[data-presence]", (form) => {
  const timer = setInterval(() => {
    if (form.isConnected) tick(form);
    else clearInterval(timer);
  }, TICK_MS);
  setTimeout(() => tick(form), 0);
  document.addEventListener("visibilitychange", () => tick(form));
  window.addEventListener("pagehide", () => { if (form.isConnected) leave(form); });
});
