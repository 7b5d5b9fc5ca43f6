// Suggestions for a field: input[data-suggestions=address] with role combobox, and the listbox that aria-controls names.
// The address answers {"suggestions": [{name, hue}]} and is asked when the field first has the focus. Arrows move, Enter or
// a click takes one and presses the button of the form around it; what is typed can be anything else as well.
import { onAdded } from "./elements.js";
import { placeAgain } from "./menus.js";

const MOST = 8;
const known = new Map(); // by address: a promise

function load(address) {
  if (!known.has(address)) {
    const asked = fetch(address, { headers: { Accept: "application/json" } }).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)));
    known.set(address, asked.then(({ suggestions }) => suggestions));
    asked.catch(() => known.delete(address)); // without them the field takes what is typed
  }
  return known.get(address);
}

function listOf(input) {
  return document.getElementById(input.getAttribute("aria-controls"));
}

function taken(input) {
  const tags = input.closest("[data-tags]")?.querySelectorAll(".tag:not([hidden]) bdi") ?? [];
  return new Set([...tags].map((tag) => tag.textContent));
}

async function show(input) {
  const all = await load(input.dataset.suggestions).catch(() => []);
  if (document.activeElement !== input) return;
  const typed = input.value.trim().toLowerCase();
  const left = taken(input);
  const fitting = all.filter(({ name }) => name.toLowerCase().includes(typed) && !left.has(name));
  const begins = ({ name }) => !name.toLowerCase().startsWith(typed);
  fitting.sort((one, other) => begins(one) - begins(other));
  const list = listOf(input);
  list.replaceChildren(...fitting.slice(0, MOST).map((each, at) => option(list, each, at)));
  list.hidden = fitting.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
  placeAgain(input.closest("[popover]"));
}

function option(list, { name, hue }, at) {
  const made = document.createElement("div");
  made.id = `${list.id}-${at}`;
  made.className = "menu__item";
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.dataset.hue = hue;
  const words = document.createElement("bdi");
  words.textContent = name;
  made.append(swatch, words);
  return made;
}

function move(input, step) {
  const options = [...listOf(input).children];
  if (!options.length) return;
  const at = options.findIndex((each) => each.id === input.getAttribute("aria-activedescendant"));
  const goal = options.at((at < 0 && step < 0 ? -1 : at + step) % options.length);
  for (const each of options) each.setAttribute("aria-selected", String(each === goal));
  input.setAttribute("aria-activedescendant", goal.id);
  goal.scrollIntoView({ block: "nearest" });
}

function take(input, chosen) {
  input.value = chosen.querySelector("bdi").textContent;
  input.closest("[popover]").querySelector("button:not([type=button])").click();
  hide(input);
}

function hide(input) {
  listOf(input).hidden = true;
  listOf(input).replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

onAdded("input[data-suggestions]", (input) => {
  input.addEventListener("focus", () => show(input));
  input.addEventListener("input", () => show(input));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = document.getElementById(input.getAttribute("aria-activedescendant"));
    if (!step && !(event.key === "Enter" && chosen)) return;
    event.preventDefault();
    if (step) move(input, step);
    else take(input, chosen);
  });
  const list = listOf(input);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
  list.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (chosen) take(input, chosen);
  });
  if (document.activeElement === input) show(input); // a menu that opened before the answer had settled
});
