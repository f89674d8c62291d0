"use strict";
addEventListener("keydown", (event) => {
  const held = ["Control", "Shift", "Alt", "Meta"].filter((key) => event[`${key === "Control" ? "ctrl" : key.toLowerCase()}Key`] && event.key !== key);
  const pressed = [...held, event.key].join("+");
  say("last-key", pressed);
  byTest("key-log").textContent += `${pressed} `;
  if (pressed === "Control+k") {
    event.preventDefault();
    byTest("palette").hidden = false;
    byTest("palette-input").focus();
    say("shortcut", "palette");
  } else if (pressed === "Escape" && !byTest("palette").hidden) {
    byTest("palette").hidden = true;
    say("shortcut", "closed");
  } else if (event.key === "?" && event.shiftKey) {
    say("shortcut", "help");
  }
});
addEventListener("focusin", (event) => event.target.dataset.test?.startsWith("focus-") && say("focused", event.target.dataset.test));
const items = [...byTest("menu-list").children];
on("menu-list", "keydown", (event) => {
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined) {
    event.preventDefault();
    items[(at + step + items.length) % items.length].focus();
  } else if (event.key === "Enter") {
    say("menu-choice", items[at].textContent);
  }
});
document.addEventListener("selectionchange", () => {
  const text = byTest("text");
  if (document.activeElement === text) {
    say("selection", text.value.slice(text.selectionStart, text.selectionEnd) || "nothing selected");
  }
});
