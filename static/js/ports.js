// Usual ports: a select with data-usual-ports puts the port that belongs to the choice into the field it names, unless
// the port there is one of a kind.
document.addEventListener("change", (event) => {
  const select = event.target;
  if (!select.matches("select[data-usual-ports]")) return;
  const usual = JSON.parse(select.dataset.usualPorts);
  const field = document.getElementById(select.dataset.portField);
  if (field.value === "" || Object.values(usual).includes(Number(field.value))) field.value = usual[select.value];
});
