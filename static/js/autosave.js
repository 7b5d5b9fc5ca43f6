// Drafts: form[data-autosave-url] is posted two seconds after typing stops; [data-autosave-status] says so.
// When the server does not take it, the text is kept in this browser under data-draft-key until it does.
import { csrfToken } from "./csrf.js";
import { onAdded } from "./elements.js";
import { phrase } from "./phrases.js";

const QUIET_MS = 2000;

function say(form, text) {
  for (const place of form.querySelectorAll("[data-autosave-status]")) place.textContent = text;
}

function storedKey(form) {
  return `draft:${form.dataset.draftKey}`;
}

async function save(form) {
  const body = new FormData(form);
  body.delete("csrfmiddlewaretoken"); // it may be from before signing in again; the header has the valid one
  for (const file of form.querySelectorAll("input[type=file]")) body.delete(file.name);
  say(form, phrase("saving"));
  const headers = { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" };
  try {
    const response = await fetch(form.dataset.autosaveUrl, { method: "POST", body, headers });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    localStorage.removeItem(storedKey(form));
    say(form, phrase("saved", new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })));
  } catch {
    const text = form.querySelector("[data-draft]")?.value;
    if (form.dataset.draftKey && text) localStorage.setItem(storedKey(form), text);
    say(form, phrase("not_saved"));
  }
}

onAdded("form[data-autosave-url]", (form) => {
  let timer = 0;
  const stored = form.dataset.draftKey ? localStorage.getItem(storedKey(form)) : null;
  const field = form.querySelector("[data-draft]");
  if (stored && field && !field.value) {
    field.value = stored;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (form.isConnected) save(form); }, QUIET_MS);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    localStorage.removeItem(storedKey(form));
  });
});
