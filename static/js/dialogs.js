// Dialogs: data-open="id" opens, data-close closes, a click on the backdrop closes; data-open-now opens once swapped in.
// Esc and backdrop leave a dialog alone in which text was typed.
import { onAdded } from "./elements.js";

const typedIn = new WeakSet();

export function openDialog(dialog) {
  if (!dialog || dialog.open) return;
  dialog.closest("[popover]")?.hidePopover();
  typedIn.delete(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) openDialog(document.getElementById(opener.dataset.open));
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog[open]") && !isInside(event) && !typedIn.has(event.target)) event.target.close();
});

document.addEventListener("input", (event) => {
  const dialog = event.target.closest("dialog:not(.palette)");
  if (dialog) typedIn.add(dialog);
});

document.addEventListener("cancel", (event) => {
  if (typedIn.has(event.target)) event.preventDefault();
}, true);

document.addEventListener("close", (event) => typedIn.delete(event.target), true);

// The padding of the dialog belongs to it, the backdrop does not.
function isInside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
}

onAdded("dialog[data-open-now]", openDialog);
