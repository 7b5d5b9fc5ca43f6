// The order of rules: a [data-rule-grip] is dragged, or moved by up and down arrow keys; its form posts the new place,
// and the list comes anew. Without script a click moves the rule one up.
import { onAdded } from "./elements.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

// By a field of its own: a button whose row was moved has lost the focus, and htmx sends the value of none but that.
function send(grip, place) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = grip.name;
  grip.value = place;
  field.value = place;
  grip.form.append(field);
  grip.form.requestSubmit();
  field.remove();
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

// Listens to the document: a row that is moved in it loses what its grip had captured.
function drag(grip, row, list) {
  const order = rowsOf(list);
  const listening = new AbortController();
  const move = (event) => {
    const rows = rowsOf(list);
    const over = rowAt(rows, event.clientY);
    if (!over || over === row) return;
    if (rows.indexOf(over) > rows.indexOf(row)) over.after(row);
    else over.before(row);
  };
  const end = (isKept) => {
    listening.abort();
    row.classList.remove("is-dragged");
    const place = rowsOf(list).indexOf(row);
    if (!isKept) list.append(...order);
    else if (place !== order.indexOf(row)) send(grip, place + 1);
  };
  row.classList.add("is-dragged");
  document.addEventListener("pointermove", move, listening);
  document.addEventListener("pointerup", () => end(true), listening);
  document.addEventListener("pointercancel", () => end(false), listening);
}

onAdded("[data-rule-grip]", (grip) => {
  const row = grip.closest("[data-rule]");
  const list = grip.closest("[data-rule-order]");
  grip.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const place = Number(grip.dataset.at) + step;
    if (place >= 1 && place <= rowsOf(list).length) send(grip, place);
  });
  grip.addEventListener("pointerdown", (event) => {
    if (!event.button) drag(grip, row, list);
  });
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
