// The translated sentences that Django renders into each page as JSON; %s takes the values in order.
const element = document.getElementById("phrases");
const phrases = element ? JSON.parse(element.textContent) : {};

export function phrase(name, ...values) {
  let next = 0;
  return (phrases[name] ?? name).replace(/%s/g, () => values[next++] ?? "");
}
