"use strict";
const buttons = [];
for (let number = 1; number <= whole("count", 1000, 20000); number += 1) {
  const button = make("button", { type: "button", "data-test": "same", "data-number": String(number) }, `Button ${number}`);
  button.addEventListener("click", () => say("clicked", number));
  buttons.push(button);
}
byTest("buttons").append(...buttons);
