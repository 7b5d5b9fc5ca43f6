// The rich text editor: textarea[data-editor="…/editor.js"] becomes one when it is on the page or swapped in. The
// library is loaded only then. [data-format] buttons of the same form work on it; images pasted or dropped go to
// data-image-url at once. The textarea holds the HTML all the time, so the form sends it without more ado.
import { csrfToken } from "./csrf.js";
import { openDialog } from "./dialogs.js";
import { onAdded } from "./elements.js";
import { phrase } from "./phrases.js";
import { showToast } from "./toasts.js";

const IMAGES = /^image\/(png|jpeg|gif|webp)$/;
const EMPTY = /^<(\w+)>(?:<br[^>]*>)?<\/\1>$/;
const editors = new WeakMap();

export function editorOf(form) {
  return editors.get(form) ?? null;
}

function imagesOf(transfer) {
  const files = [...(transfer?.files ?? [])];
  return files.length && files.every((file) => IMAGES.test(file.type)) ? files : [];
}

async function insertImage(textarea, editor, file) {
  const body = new FormData();
  body.append("file", file, file.name);
  body.append("inline", "yes");
  const response = await fetch(textarea.dataset.imageUrl, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } })
    .catch(() => null);
  if (response?.ok && response.headers.get("Content-Type")?.startsWith("application/json")) {
    const image = await response.json();
    editor.chain().focus().insertContent({ type: "image", attrs: { src: image.url, alt: image.name } }).run();
    return;
  }
  const reason = response?.status === 422 ? await response.text() : phrase("upload_failed", file.name);
  showToast({ text: reason, tone: "bad" });
}

// The address as people type it: with a scheme, without one, or a mail address. "" for anything else.
function addressOf(text) {
  const typed = text.trim();
  if (/^(https?:\/\/|mailto:|tel:)\S+$/i.test(typed)) return typed;
  if (/^[^\s@/]+@[^\s@/]+$/.test(typed)) return `mailto:${typed}`;
  return /^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(typed) ? `https://${typed}` : "";
}

function setLink(editor, href) {
  const chain = editor.chain().focus().extendMarkRange("link");
  if (!href) chain.unsetLink().run();
  else if (editor.state.selection.empty && !editor.isActive("link")) {
    chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
  } else chain.setLink({ href }).run();
}

function askForLink(editor) {
  const dialog = document.getElementById("link-dialog");
  const input = dialog.querySelector("input");
  input.value = editor.getAttributes("link").href ?? "";
  dialog.returnValue = "";
  dialog.onclose = () => {
    const href = addressOf(input.value);
    if (dialog.returnValue === "remove" || (dialog.returnValue === "set" && href)) setLink(editor, dialog.returnValue === "set" ? href : "");
    else editor.commands.focus();
  };
  openDialog(dialog);
  input.focus();
}

function extensions(library, textarea) {
  const { Blockquote, Bold, BulletList, Document, Dropcursor, Gapcursor, HardBreak, History, Image, Italic, Link } = library;
  const { ListItem, OrderedList, Paragraph, Text, Extension, Plugin } = library;
  const pasting = Extension.create({
    name: "pastedImages",
    addProseMirrorPlugins() {
      const take = (event, transfer) => {
        const files = imagesOf(transfer);
        for (const file of files) insertImage(textarea, this.editor, file);
        if (files.length) event.stopPropagation(); // else the form takes them as attachments too
        return files.length > 0;
      };
      const handlers = {
        handlePaste: (_view, event) => take(event, event.clipboardData),
        handleDrop: (_view, event) => take(event, event.dataTransfer),
      };
      return [new Plugin({ props: handlers })];
    },
  });
  const ownLink = Link.extend({
    addKeyboardShortcuts() {
      return { "Mod-k": () => { askForLink(this.editor); return true; } };
    },
  });
  const link = ownLink.configure({ enableTarget: false, openOnClick: false, protocols: ["http", "https", "mailto", "tel"] });
  return [Document, Paragraph, Text, Bold, Italic, BulletList, OrderedList, ListItem, Blockquote, HardBreak, link,
    Image.configure({ inline: true, allowBase64: true }), History, Dropcursor, Gapcursor, pasting];
}

const COMMANDS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  bulletList: (chain) => chain.toggleBulletList(),
  orderedList: (chain) => chain.toggleOrderedList(),
  blockquote: (chain) => chain.toggleBlockquote(),
};

function connectBar(form, editor) {
  const bar = form.querySelector("[data-format-bar]");
  if (!bar) return;
  bar.hidden = false;
  const buttons = [...bar.querySelectorAll("[data-format]")];
  bar.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
  bar.addEventListener("click", (event) => {
    const name = event.target.closest("[data-format]")?.dataset.format;
    if (name === "link") askForLink(editor);
    else if (name) COMMANDS[name](editor.chain().focus()).run();
  });
  editor.on("transaction", () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(editor.isActive(button.dataset.format)));
  });
}

async function make(textarea) {
  const library = await import(textarea.dataset.editor);
  if (!textarea.isConnected) return;
  const form = textarea.form;
  const place = document.createElement("div");
  place.className = "prose-editor composer__editor";
  textarea.before(place);
  place.append(textarea);
  const editor = new library.Editor({
    element: place,
    injectCSS: false, // its few rules are in components/composer.css; the policy would refuse them here
    extensions: extensions(library, textarea),
    content: textarea.value,
    editorProps: {
      attributes: { "aria-label": textarea.getAttribute("aria-label"), "aria-multiline": "true", role: "textbox", dir: "auto" },
    },
    onUpdate() {
      const html = editor.getHTML();
      textarea.value = EMPTY.test(html) ? "" : html;
      textarea.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
  editors.set(form, editor);
  connectBar(form, editor);
  form.dataset.editorReady = "";
  if (form.hasAttribute("data-focus-editor") && !form.parentElement.querySelector("[data-focus]")) editor.commands.focus("end");
  form.dispatchEvent(new CustomEvent("editor:ready", { bubbles: true }));
}

onAdded("textarea[data-editor]", (textarea) => {
  // A page that htmx swaps in brings the field for browsers without script as an ordinary one.
  for (const other of textarea.form.querySelectorAll("noscript")) other.remove();
  make(textarea);
});
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  const form = event.detail.elt;
  if (form.matches?.("form") && editors.has(form)) editors.get(form).destroy();
});
