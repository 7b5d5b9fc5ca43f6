// Guides: the first one beside a form is open where it has a column of its own; data-print prints the page.
import { onAdded } from "./elements.js";

onAdded(".beside", (beside) => {
  const isBeside = getComputedStyle(beside).gridColumnStart === "2";
  const shown = [...beside.children].find((guide) => getComputedStyle(guide).display !== "none");
  if (isBeside && shown) shown.open = true;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
