// Copying: data-copy-text="…" copies that text, data-copy="id" the text or value of the element with that id.
import { phrase } from "./phrases.js";
import { showToast } from "./toasts.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-text]");
  if (!button) return;
  const source = button.dataset.copy ? document.getElementById(button.dataset.copy) : null;
  try {
    await navigator.clipboard.writeText(button.dataset.copyText ?? source.value ?? source.textContent);
    showToast({ text: phrase("copied") });
  } catch {
    showToast({ text: phrase("copy_failed"), tone: "bad" });
  }
});
