// Token inputs: .tokens[data-tokens="name"] with a text input of the same name, which is what works without script.
// Enter, comma, semicolon, paste and leaving add; Backspace removes; data-kind="email" marks what is no address, and a
// click on such a token takes it back into the input. A long list stays text, which the server parts: a request has only so
// many fields.
import { onAdded } from "./elements.js";
import { iconButton } from "./icons.js";
import { phrase } from "./phrases.js";

let isPressed = false;

document.addEventListener("pointerdown", () => { isPressed = true; }, true);
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => { isPressed = false; }, true);

// A token in the place of the text moves what stands beside it; a click that is under way must find it first.
function whenReleased(act) {
  if (isPressed) document.addEventListener("pointerup", () => setTimeout(act, 0), { once: true });
  else act();
}

const ADDRESS = /^(?:[^<>]*<)?[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+>?$/;

const MOST = 300;

function split(text) {
  // A comma inside quotes or angle brackets belongs to the name.
  return (text.match(/(?:"[^"]*"|[^,;\n])+/g) ?? []).map((part) => part.trim()).filter(Boolean);
}

function add(box, text) {
  const input = box.querySelector("input:not([type=hidden])");
  const parts = split(text);
  if (parts.length > MOST) {
    input.value = parts.join(", ");
    return;
  }
  for (const part of parts) {
    const token = document.createElement("span");
    token.className = "token";
    const words = document.createElement("bdi");
    words.textContent = part;
    const value = document.createElement("input");
    value.type = "hidden";
    value.name = box.dataset.tokens;
    value.value = part;
    const remove = iconButton("x", phrase("remove", part));
    remove.dataset.tokenRemove = "";
    token.append(words, value, remove);
    if (box.dataset.kind === "email" && !ADDRESS.test(part)) {
      token.dataset.tone = "bad";
      token.title = phrase("invalid_token", part);
    }
    input.before(token);
  }
  input.value = "";
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function remove(token) {
  const box = token.closest("[data-tokens]");
  token.remove();
  box.querySelector("input:not([type=hidden])").focus();
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

onAdded("[data-tokens]", (box) => {
  const input = box.querySelector("input:not([type=hidden])");
  if (input.value.trim()) add(box, input.value);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const ends = ["Enter", ",", ";"].includes(event.key) && !(event.key === "," && (input.value.match(/"/g) ?? []).length % 2);
    if (ends && input.value.trim()) {
      event.preventDefault();
      add(box, input.value);
    } else if (event.key === "Backspace" && !input.value) {
      const last = [...box.querySelectorAll(".token")].at(-1);
      if (last) remove(last);
    }
  });
  input.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[,;\n]/.test(text)) return;
    event.preventDefault();
    add(box, input.value + text);
  });
  input.addEventListener("blur", () => whenReleased(() => { if (input.value.trim()) add(box, input.value); }));
  box.addEventListener("click", (event) => {
    const token = event.target.closest(".token");
    if (event.target.closest("[data-token-remove]")) remove(token);
    else if (token?.dataset.tone === "bad") {
      input.value = token.querySelector("input").value;
      remove(token);
    } else input.focus();
  });
});
