"use strict";
/** Puts a new button in the place of the old one; its clicks go on counting. */
function replaceable(name, label) {
  let clicks = 0;
  return () => {
    const button = make("button", { type: "button", "data-test": name }, label);
    button.addEventListener("click", () => say(`${name}-clicks`, ++clicks));
    byTest(`${name}-place`).replaceChildren(button);
    return button;
  };
}
const every = Math.max(ms("every", 50), 1);
const often = replaceable("often", "Often");
often();
const repeating = setInterval(often, every);
setTimeout(() => clearInterval(repeating), ms("for", 600));
const always = replaceable("always", "Always");
always();
setInterval(always, every);

const onMove = replaceable("move", "On move");
onMove();
on("move-place", "mousemove", (event) => event.target.closest("button") && onMove());
const onHover = replaceable("hover", "On hover");
onHover();
on("hover-place", "mouseenter", () => onHover());

/** Calls `then` once: at the first event of these types on the button. */
function once(button, types, then) {
  const first = () => {
    types.forEach((type) => button.removeEventListener(type, first));
    then();
  };
  types.forEach((type) => button.addEventListener(type, first));
}
const contact = ["mousemove", "mousedown"];
const atContact = replaceable("once", "Once");
once(atContact(), contact, atContact);
const atDown = replaceable("down", "On mousedown");
once(atDown(), ["mousedown"], atDown);
const vanish = replaceable("vanish", "Vanishes")();
once(vanish, contact, () => vanish.remove());
const back = replaceable("back", "Comes back");
once(back(), contact, () => {
  byTest("back-place").replaceChildren();
  setTimeout(back, ms("after", 300));
});

const rows = ["Cherry", "Apple", "Banana"];
function list() {
  byTest("sorting").replaceChildren(...rows.map((row) => {
    const button = make("button", { type: "button", "data-test": "choose" }, "Choose");
    button.addEventListener("click", () => say("sorting-clicked", row));
    return make("li", { "data-test": `row-${row.toLowerCase()}` }, `${row} `, button);
  }));
}
list();
setTimeout(() => (rows.sort(), list()), ms("after", 300));

function field() {
  const input = make("input", { "aria-label": "Replaced when focused", "data-test": "field" });
  input.addEventListener("input", () => say("field-value", input.value));
  byTest("field-place").replaceChildren(input);
  return input;
}
field().addEventListener("focus", () => field().focus(), { once: true });
