// What htmx does not do by itself. Every page works without it.

// A menu closes on Escape, and when something outside of it is used.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details.menu[open]");
  if (event.key === "Escape" && open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// A table too wide for its place scrolls sideways: then the keyboard must reach it.
function reachTables() {
  for (const table of document.querySelectorAll(".table")) {
    if (table.scrollWidth > table.clientWidth) {
      table.tabIndex = 0;
      table.setAttribute("role", "region");
      table.setAttribute("aria-label", "Table, scrolls sideways");
    }
  }
}
addEventListener("load", reachTables);
addEventListener("resize", reachTables);
document.addEventListener("htmx:afterSettle", reachTables);

// Tables of settings: one more empty row, without saving.
function addRow(table) {
  const rows = table.tBodies[0].rows;
  const added = rows[rows.length - 1].cloneNode(true);
  added.classList.remove("wrong");
  for (const error of added.querySelectorAll(".error")) error.remove();
  for (const field of added.querySelectorAll("input, select")) {
    field.name = field.name.replace(/\.\d+\.(\w+)$/, `.${rows.length}.$1`);
    field.id = `id_${field.name}`;
    field.removeAttribute("aria-invalid");
    const label = field.getAttribute("aria-label") || "";
    field.setAttribute("aria-label", label.replace(/row \d+: /, `row ${rows.length + 1}: `));
    if (field.type === "text" || field.type === "number") field.value = "";
  }
  table.tBodies[0].append(added);
  document.getElementById(table.dataset.rows).value = rows.length;
  added.querySelector("input, select").focus();
}
for (const table of document.querySelectorAll("table.setting-rows")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = "Add a row";
  button.addEventListener("click", () => addRow(table));
  table.closest(".table").after(button);
}
