// The theme of the person's menu changes at once and is stored in the profile.
import { csrfToken } from "./csrf.js";

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-switch]");
  if (!form) return;
  event.preventDefault();
  const theme = event.submitter?.value ?? "";
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const button of form.querySelectorAll("[name=theme]")) button.setAttribute("aria-checked", String(button.value === theme));
  const headers = { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" };
  fetch(form.action, { method: "POST", body: new URLSearchParams({ theme }), headers }).catch(() => {});
});
