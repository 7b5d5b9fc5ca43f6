// Toasts: from the server as HX-Trigger {"toast": {text, tone, action}} or in the page, from modules by showToast.
// Six seconds, waiting while the pointer or focus is on them; errors stay until closed.
import { csrfToken } from "./csrf.js";
import { onAdded } from "./elements.js";
import { icon, iconButton } from "./icons.js";
import { phrase } from "./phrases.js";

const SHOWN_MS = 6000;

export function showToast({ text, tone = "ok", action = null }) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.tone = tone;
  if (tone === "bad") toast.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.dir = "auto";
  words.textContent = text;
  toast.append(icon(tone === "bad" ? "alert" : "check-circle"), words);
  if (action) toast.append(actionButton(action));
  const close = iconButton("x", phrase("close"));
  close.dataset.toastClose = "";
  toast.append(close);
  document.getElementById("toasts").append(toast);
  start(toast);
}

function actionButton(action) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = action.label;
  button.addEventListener("click", () => {
    button.closest(".toast").remove();
    if (action.run) action.run();
    else window.htmx.ajax("POST", action.url, { source: document.body, swap: "none", headers: { "X-CSRFToken": csrfToken() } });
  });
  return button;
}

function start(toast) {
  if (toast.dataset.tone === "bad") return;
  let timer = 0;
  const wait = () => { timer = setTimeout(() => toast.remove(), SHOWN_MS); };
  const hold = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, wait);
  wait();
}

onAdded("#toasts > .toast", start);
document.addEventListener("toast", (event) => showToast(event.detail));
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toast-close]")) event.target.closest(".toast").remove();
});
