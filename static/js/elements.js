// Runs a set-up once for each matching element: those of the page, and those that htmx swaps in later.
const rules = [];

export function onAdded(selector, setUp) {
  const rule = { selector, setUp, done: new WeakSet() };
  rules.push(rule);
  apply(rule, document);
}

function apply(rule, root) {
  const found = [...root.querySelectorAll(rule.selector)];
  if (root.matches?.(rule.selector)) found.unshift(root);
  for (const element of found) {
    if (rule.done.has(element)) continue;
    rule.done.add(element);
    rule.setUp(element);
  }
}

document.addEventListener("htmx:load", (event) => {
  for (const rule of rules) apply(rule, event.detail.elt);
});

export function isTyping(target) {
  return target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable='true'], [contenteditable='true'] *");
}

export function isVisible(element) {
  return element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;
}
