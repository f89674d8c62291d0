"use strict";
for (const button of document.querySelectorAll("main button")) {
  button.addEventListener("click", () => {
    const row = button.closest("tr")?.querySelector("th").textContent;
    row === undefined ? say("clicked", button.textContent) : say("row-clicked", `${button.textContent} ${row}`);
  });
}
