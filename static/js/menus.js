// Menus: <button popovertarget="x" aria-haspopup="menu"> and <div id="x" class="menu" role="menu" popover>.
// The browser opens and closes them; this places them and adds arrows, type-ahead and the way back of the focus.
const GAP_PX = 4;
const openers = new WeakMap();

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[popovertarget]");
  if (opener) openers.set(document.getElementById(opener.getAttribute("popovertarget")), opener);
  const item = event.target.closest("[role=menu] [role^=menuitem]");
  const menu = item && !item.hasAttribute("popovertarget") ? item.closest("[popover]") : null;
  // Once the choice is on its way: closing moves the focus, and htmx sends the value of the button that had it last.
  if (menu) setTimeout(() => { if (menu.isConnected) menu.hidePopover(); }, 0);
});

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("[popover].menu")) return;
  const isOpen = event.newState === "open";
  const opener = openers.get(menu) ?? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  opener?.setAttribute("aria-expanded", String(isOpen));
  // A menu in a sheet: the browser gives the focus back for the outermost alone.
  const isLost = document.activeElement === document.body || menu.contains(document.activeElement);
  if (!isOpen && isLost && opener?.closest("[popover]")) opener.focus();
  if (isOpen && opener) {
    place(menu, opener);
    (menu.querySelector("[aria-current], [aria-checked=true]") ?? items(menu)[0] ?? menu.querySelector("input:not([type=hidden])"))?.focus();
  }
}, true);

// A form that is a menu itself goes when it is sent.
document.addEventListener("htmx:beforeSend", (event) => {
  const { elt } = event.detail;
  if (elt.matches?.("form[popover]:popover-open")) elt.hidePopover();
});

// What was fetched into an open menu: it fits the window again, and the focus goes on in it.
document.addEventListener("htmx:afterSwap", ({ target }) => {
  const menu = target.closest?.("[popover].menu");
  if (!menu?.matches(":popover-open")) return;
  placeAgain(menu);
  if (!menu.contains(document.activeElement)) menu.querySelector("summary, button, input")?.focus();
});

// What grew since it opened fits the window again.
export function placeAgain(menu) {
  const opener = menu?.matches(":popover-open") ? openers.get(menu) ?? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`) : null;
  if (opener) place(menu, opener);
}

function place(menu, opener) {
  const from = opener.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const fitsBelow = from.bottom + GAP_PX + size.height <= innerHeight;
  const fitsAbove = from.top - GAP_PX - size.height >= 0;
  const top = fitsBelow || !fitsAbove ? from.bottom + GAP_PX : from.top - GAP_PX - size.height;
  const isRtl = getComputedStyle(opener).direction === "rtl";
  const left = from.left + size.width <= innerWidth && !isRtl ? from.left : from.right - size.width;
  menu.style.insetBlockStart = `${Math.max(GAP_PX, top)}px`;
  menu.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - size.width - GAP_PX))}px`;
}

function items(menu) {
  return [...menu.querySelectorAll("[role^=menuitem]:not([disabled], [aria-disabled=true])")];
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[role=menu]");
  if (!menu || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const goals = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 };
  let goal = event.key in goals ? all.at(goals[event.key] % all.length) : null;
  if (!goal && event.key.length === 1 && event.key !== " " && !event.target.matches("input")) {
    const after = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    goal = after.find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
  }
  if (event.key === "Tab") menu.closest("[popover]")?.hidePopover();
  if (!goal) return;
  event.preventDefault();
  event.stopPropagation();
  goal.focus();
});
