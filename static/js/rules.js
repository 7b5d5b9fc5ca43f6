// The order of rules: a [data-rule-grip] is dragged, or moved by up and down arrow keys; its form posts the new place,
// and the list comes anew. Without script a click moves the rule one up.
import { onAdded } from "./elements.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

function send(grip, place) {
  grip.value = place;
  grip.form.requestSubmit(grip);
}

function rowsOf(list) {
  return [...list.querySelectorAll("[data-rule]")];
}

function rowAt(rows, y) {
  return rows.find((row) => {
    const box = row.getBoundingClientRect();
    return y >= box.top && y <= box.bottom;
  });
}

onAdded("[data-rule-grip]", (grip) => {
  const row = grip.closest("[data-rule]");
  const list = grip.closest("[data-rule-order]");
  let before = null; // the order when dragging began
  grip.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const place = Number(grip.dataset.at) + step;
    if (place >= 1 && place <= rowsOf(list).length) send(grip, place);
  });
  grip.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    before = rowsOf(list);
    grip.setPointerCapture(event.pointerId);
    row.classList.add("is-dragged");
  });
  grip.addEventListener("pointermove", (event) => {
    if (!before) return;
    const rows = rowsOf(list);
    const over = rowAt(rows, event.clientY);
    if (!over || over === row) return;
    if (rows.indexOf(over) > rows.indexOf(row)) over.after(row);
    else over.before(row);
  });
  const end = (isKept) => {
    if (!before) return;
    const [from, to] = [before.indexOf(row), rowsOf(list).indexOf(row)];
    const order = before;
    before = null;
    row.classList.remove("is-dragged");
    if (!isKept) list.append(...order);
    else if (from !== to) send(grip, to + 1);
  };
  grip.addEventListener("pointerup", () => end(true));
  grip.addEventListener("pointercancel", () => end(false));
  // A click that moved nothing asks for nothing, but for that of a keyboard or a screen reader, which moves it up.
  grip.addEventListener("click", (event) => {
    if (event.detail > 0 && event.isTrusted) event.preventDefault();
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    grip.form.addEventListener(name, () => {
      const rows = rowsOf(list).sort((one, other) => at(one) - at(other));
      list.append(...rows);
    });
  }
});

function at(row) {
  return Number(row.querySelector("[data-rule-grip]").dataset.at);
}
