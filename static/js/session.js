// What goes wrong between page and server: signed out, offline, refused, broken. Nothing typed is lost by any of it.
import { secondTry } from "./changes.js";
import { openDialog } from "./dialogs.js";
import { phrase } from "./phrases.js";
import { secondBulkTry } from "./selection.js";
import { showToast } from "./toasts.js";

document.addEventListener("signin", () => openDialog(document.getElementById("signed-out")));

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) return; // HX-Trigger has opened the dialog
  const texts = { 403: "not_allowed", 404: "gone" };
  const name = xhr.getResponseHeader("X-Refused") === "csrf" ? "too_old" : texts[xhr.status];
  const text = phrase(name ?? "failed", xhr.getResponseHeader("X-Request-ID") ?? xhr.status);
  showToast({ text, tone: "bad", action: secondTry(xhr) ?? secondBulkTry(xhr) });
});

function unanswered(event) {
  const action = secondTry(event.detail.xhr);
  const bulkAction = secondBulkTry(event.detail.xhr);
  if (action) showToast({ text: phrase("not_changed"), tone: "bad", action });
  else if (bulkAction) showToast({ text: phrase("no_answer"), tone: "bad", action: bulkAction });
  else if (navigator.onLine) showToast({ text: phrase("no_answer"), tone: "bad" }); // else the banner says it
}

document.addEventListener("htmx:sendError", unanswered);
document.addEventListener("htmx:timeout", unanswered);

function refresh() {
  const banner = document.getElementById("offline");
  if (!banner) return;
  banner.hidden = navigator.onLine;
  banner.textContent = navigator.onLine ? "" : phrase("offline");
}

window.addEventListener("online", refresh);
window.addEventListener("offline", refresh);
refresh();
