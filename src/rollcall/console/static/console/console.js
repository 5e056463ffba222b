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
