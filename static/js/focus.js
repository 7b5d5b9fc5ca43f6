// The focus is never lost after a swap: to [data-focus] in what came, else to the region's heading if the focused
// element went. data-announce="14 tickets" is read out without moving the focus.
let hadFocus = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  hadFocus = event.detail.target?.contains(document.activeElement) && document.activeElement !== document.body ? event.detail.target : null;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const region = event.detail.target?.isConnected ? event.detail.target : event.detail.elt;
  const wanted = region?.querySelector?.("[data-focus]");
  if (wanted) give(wanted);
  else if (region === document.body) give(document.querySelector("h1"));
  else if (hadFocus && (document.activeElement === document.body || !document.activeElement)) give(region?.querySelector?.("h1, h2, h3") ?? region);
  hadFocus = null;
  if (event.detail.requestConfig?.elt.matches("[data-keeps-place]")) return; // nobody asked
  const words = (region?.matches?.("[data-announce]") ? region : region?.querySelector?.("[data-announce]"))?.dataset.announce;
  const announcer = document.getElementById("announcer");
  if (words && announcer) announcer.textContent = words;
});

function give(element) {
  if (!element?.focus) return;
  if (!element.matches("a[href], button, input, select, textarea, [tabindex]")) element.tabIndex = -1;
  element.focus({ preventScroll: element.matches("h1, h2, h3") });
}
