"use strict";
const buttons = ["left", "middle", "right"];
const modifiers = (event) => ["Ctrl", "Shift", "Alt", "Meta"].filter((key) => event[`${key.toLowerCase()}Key`]).join("+");
function shows(event) {
  event.preventDefault();
  const held = modifiers(event);
  say("last-click", `${event.type} ${buttons[event.button]}${held === "" ? "" : ` ${held}`}`);
  const box = byTest("pad").getBoundingClientRect();
  say("click-place", `${Math.round(event.clientX - box.x)},${Math.round(event.clientY - box.y)}`);
}
for (const type of ["click", "auxclick", "dblclick", "contextmenu"]) {
  on("pad", type, shows);
}
let [clicks, doubles, middles] = [0, 0, 0];
const tell = () => say("double-result", `${clicks} clicks, ${doubles} double clicks`);
on("double", "click", () => (clicks += 1, tell()));
on("double", "dblclick", () => (doubles += 1, tell()));
on("context", "contextmenu", (event) => {
  event.preventDefault();
  byTest("context-menu").hidden = false;
});
for (const item of ["copy", "delete"]) {
  on(`context-${item}`, "click", () => {
    byTest("context-menu").hidden = true;
    say("context-result", item);
  });
}
on("middle", "auxclick", (event) => event.button === 1 && say("middle-result", ++middles));
on("modifiers", "click", (event) => say("modifiers-result", modifiers(event) || "none"));

const files = ["one.txt", "two.txt", "three.txt", "four.txt"];
let last = 0;
byTest("rows").append(...files.map((file) =>
  make("li", { role: "option", "aria-selected": "false", tabindex: "-1", "data-test": `file-${file.split(".")[0]}` }, file)));
const options = [...byTest("rows").children];
on("rows", "click", (event) => {
  const clicked = options.indexOf(event.target);
  if (clicked < 0) {
    return;
  }
  options.forEach((option, place) => {
    const before = option.getAttribute("aria-selected") === "true";
    const between = place >= Math.min(last, clicked) && place <= Math.max(last, clicked);
    const selected = event.shiftKey ? between : event.ctrlKey ? before !== (place === clicked) : place === clicked;
    option.setAttribute("aria-selected", String(selected));
  });
  last = event.shiftKey ? last : clicked;
  say("selected", files.filter((_, place) => options[place].ariaSelected === "true").join(", ") || "none");
});
on("tooltip-button", "mouseenter", () => (byTest("tooltip").hidden = false));
on("tooltip-button", "mouseleave", () => (byTest("tooltip").hidden = true));
let holding;
on("hold", "pointerdown", () => {
  say("hold-result", "holding");
  holding = setTimeout(() => say("hold-result", "held"), ms("for", 600));
});
on("hold", "pointerup", () => {
  clearTimeout(holding);
  if (byTest("hold-result").textContent !== "held") {
    say("hold-result", "let go too early");
  }
});
