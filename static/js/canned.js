// Canned replies in the composer: dialog[data-canned-replies] beside its form, whose list is fetched when it first opens.
// [data-canned] is an option; its <template> is shown beside the list and put where the caret is. Typing narrows the list
// by name and text, arrows move, Enter or a click takes one. "/" on an empty line opens it, too; whoever leaves it without
// choosing has typed that. Its opener stands there only where there is an editor.
import { openDialog } from "./dialogs.js";
import { editorOf } from "./editor.js";
import { onAdded } from "./elements.js";
import { phrase } from "./phrases.js";

const slashed = new WeakSet(); // the dialogs that "/" has opened

function isOnEmptyLine(editor) {
  const { empty, $from } = editor.state.selection;
  return empty && $from.parent.content.size === 0;
}

function dialogOf(form) {
  return form.parentElement.querySelector("dialog[data-canned-replies]");
}

document.addEventListener("editor:ready", (event) => {
  const form = event.target;
  const opener = form.querySelector("[data-canned-opener]");
  if (!opener) return;
  const editor = editorOf(form);
  opener.hidden = false;
  opener.addEventListener("click", () => openDialog(dialogOf(form)));
  editor.view.dom.addEventListener("keydown", (key) => {
    if (key.key !== "/" || key.isComposing || key.ctrlKey || key.metaKey || key.altKey || !isOnEmptyLine(editor)) return;
    key.preventDefault();
    slashed.add(dialogOf(form));
    openDialog(dialogOf(form));
  });
});

onAdded("dialog[data-canned-replies]", (dialog) => {
  const input = dialog.querySelector("input");
  const place = dialog.querySelector("[data-canned-place]");
  const status = dialog.querySelector("[role=status]");
  const editor = () => editorOf(dialog.parentElement.querySelector("form"));
  const all = () => [...place.querySelectorAll("[data-canned]")];
  const shown = () => all().filter((option) => !option.hidden);

  function choose(chosen) {
    for (const option of all()) option.setAttribute("aria-selected", String(option === chosen));
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
    else input.removeAttribute("aria-activedescendant");
    place.querySelector("[data-canned-preview]")?.replaceChildren(...(chosen ? [chosen.querySelector("template").content.cloneNode(true)] : []));
  }

  function narrow() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const option of all()) {
      const text = `${option.textContent} ${option.querySelector("template").content.textContent}`.toLowerCase();
      option.hidden = !words.every((word) => text.includes(word));
    }
    for (const group of place.querySelectorAll("[role=group]")) group.hidden = !group.querySelector("[data-canned]:not([hidden])");
    const count = shown().length;
    status.textContent = all().length ? phrase(count ? "results" : "no_results", count) : "";
    status.className = count || !all().length ? "sr" : "palette__none";
    choose(shown()[0]);
  }

  function take(option) {
    slashed.delete(dialog);
    dialog.close();
    editor()?.chain().focus().insertContent(option.querySelector("template").innerHTML).run();
  }

  // The form saves a draft when something is typed in it; what is looked for here is none.
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    narrow();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const options = shown();
    const at = options.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) choose(options.at((at + step) % options.length));
    else if (event.key === "Enter" && options[at]) take(options[at]);
    if (step || event.key === "Enter") event.preventDefault();
  });
  place.addEventListener("click", (event) => {
    const option = event.target.closest("[data-canned]");
    if (option) take(option);
  });
  place.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[data-canned]");
    if (option && option.ariaSelected !== "true") choose(option);
  });
  place.addEventListener("htmx:afterSwap", narrow);
  dialog.addEventListener("toggle", () => {
    if (!dialog.open) return;
    input.value = "";
    narrow();
    place.dispatchEvent(new CustomEvent("canned:open"));
  });
  dialog.addEventListener("close", () => {
    const typed = slashed.delete(dialog) ? "/" : "";
    editor()?.chain().focus().insertContent(typed).run();
  });
});
