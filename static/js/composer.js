// The composer: keys, modes, the addresses #reply, #note and #forward, and what the server answers to sending.
import { editorOf } from "./editor.js";
import { onAdded } from "./elements.js";

const HASHES = ["#reply", "#note", "#forward"];

function focusEditor(form) {
  form.classList.add("is-open"); // on a phone it is one line until then
  const editor = editorOf(form);
  if (editor) editor.commands.focus("end");
  else form.setAttribute("data-focus-editor", "");
  form.scrollIntoView({ block: "nearest" });
}

function open(form, mode) {
  const tab = form.querySelector(`#tab-${mode}`);
  if (form.dataset.mode === mode || !tab) focusEditor(form);
  else tab.click();
}

onAdded("form[data-composer]", (form) => {
  form.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      const solving = event.shiftKey ? form.querySelector("[data-send-solved]") : null;
      (solving ?? form.querySelector("[data-send]")).click(); // a click, so that htmx knows which button it was
    } else if (event.key === "Escape" && event.target.closest(".ProseMirror")) {
      event.stopPropagation();
      event.target.blur(); // the editor's library would keep the key
    } else if (event.key === "Enter" && event.target.matches("input:not([type=file])")) {
      event.preventDefault(); // a form with one field would be sent
    }
  }, true);
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-editor-focus]")) focusEditor(form);
  });
  if (HASHES.includes(location.hash)) {
    const mode = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    open(form, mode);
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-composer-open]");
  const form = link && document.querySelector("form[data-composer]");
  if (!form) return;
  event.preventDefault();
  focusEditor(form);
});

// Bcc opens to be typed in.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.composer__bcc[open]") && event.target.querySelector("summary") === document.activeElement) {
    event.target.querySelector("input:not([type=hidden])").focus();
  }
}, true);

// 409: somebody wrote meanwhile. The answer shows it, above the text that is kept.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 409 || event.detail.target?.id !== "composer") return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

// The newest message is what one came for; it stays in sight when the composer below it grows.
onAdded("[data-scroll-end]", (pane) => {
  let isAtEnd = !location.hash.startsWith("#message-");
  const toEnd = () => { if (isAtEnd) pane.scrollTop = pane.scrollHeight; };
  pane.addEventListener("scroll", () => { isAtEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 40; });
  new ResizeObserver(toEnd).observe(pane);
  toEnd();
});

// "Sends in 10 s" counts down; at its end htmx asks how it went.
onAdded("[data-countdown]", (place) => {
  const timer = setInterval(() => {
    const left = Number(place.textContent) - 1;
    if (left < 0 || !place.isConnected) clearInterval(timer);
    else place.textContent = String(left);
  }, 1000);
});
