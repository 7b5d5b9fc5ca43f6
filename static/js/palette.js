// The command palette: finds the entries of the rails at once, and asks data-palette-url?q=… for tickets and people.
// The answer is groups of .menu__item[role=option] links. Arrows move, Enter opens, Ctrl-Enter opens a new tab.
import { onAdded } from "./elements.js";
import { icon } from "./icons.js";
import { phrase } from "./phrases.js";

const TYPING_MS = 150;

function option(link) {
  const element = document.createElement("a");
  element.className = "menu__item";
  element.href = link.href;
  element.setAttribute("role", "option");
  element.tabIndex = -1;
  const words = document.createElement("span");
  words.className = "clip";
  words.dir = "auto";
  words.textContent = (link.querySelector("span:not(.swatch, .rail__n)") ?? link).textContent.trim() || link.ariaLabel;
  element.append(link.querySelector(".icon")?.cloneNode(true) ?? icon("arrow-right"), words);
  return element;
}

function goTo(text) {
  const wanted = text.toLowerCase();
  const links = [...document.querySelectorAll("a.rail__item, .rail__top > a.btn")];
  const byAddress = new Map(links.map((link) => [link.href, option(link)]));
  return [...byAddress.values()].filter((item) => item.textContent.toLowerCase().includes(wanted));
}

function group(title, options) {
  const box = document.createElement("div");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title);
  const label = document.createElement("div");
  label.className = "menu__label";
  label.textContent = title;
  box.append(label, ...options);
  return box;
}

onAdded("dialog[data-palette]", (dialog) => {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const status = dialog.querySelector("[data-palette-status]");
  let timer = 0;
  let asked = 0;
  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(chosen) {
    options().forEach((item, index) => {
      item.id ||= `palette-option-${index}`;
      item.setAttribute("aria-selected", String(item === chosen));
    });
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function show(...groups) {
    list.replaceChildren(...groups);
    for (const item of options()) item.removeAttribute("id");
    const count = options().length;
    status.textContent = count ? phrase("results", count) : phrase("no_results");
    status.className = count ? "sr" : "palette__none";
    choose(options()[0]);
  }

  async function search(text) {
    const found = goTo(text.replace(/^>\s*/, ""));
    const here = found.length ? [group(phrase("go_to"), found)] : [];
    show(...here);
    const mine = ++asked;
    if (!text.trim() || !dialog.dataset.paletteUrl || text.startsWith(">")) return;
    const address = `${dialog.dataset.paletteUrl}?${new URLSearchParams({ q: text })}`;
    const response = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!response?.ok || mine !== asked) return;
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    show(...parsed.body.children, ...here);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(input.value), TYPING_MS);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((item) => item.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      choose(all.at((at + step) % all.length));
    } else if (event.key === "Enter" && all[at]) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(all[at].href, "_blank", "noopener");
      else all[at].click();
    }
  });
  // What was asked for last is replaced by what is typed next, however soon.
  input.addEventListener("focus", () => input.select());
  // `toggle` comes when the dialog opens or closes; older browsers only lack the fresh list.
  dialog.addEventListener("toggle", () => { if (dialog.open) search(input.value); });
});
