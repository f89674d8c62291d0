"use strict";

// The menu of small screens. Without scripts it is always open. In a block, so that `open` stays the window's.
{
  const button = document.querySelector(".menu-button");
  const menu = document.getElementById("menu");
  function open(yes) {
    menu.classList.toggle("open", yes);
    button.setAttribute("aria-expanded", String(yes));
  }
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") === "false"));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
      open(false);
      button.focus();
    }
  });
}
