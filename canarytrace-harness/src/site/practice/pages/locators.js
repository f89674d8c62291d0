"use strict";
addEventListener("click", (event) => {
  const button = event.target.closest("button, [role=button], input[type=button]");
  const name = button?.dataset.test ?? button?.dataset.testid ?? button?.dataset.testId;
  if (button?.closest("main") && name !== undefined) {
    say("pressed", name);
  }
});
on("toggle", "click", () => (byTest("toggle").ariaPressed = String(byTest("toggle").ariaPressed !== "true")));
on("expander", "click", () => (byTest("expander").ariaExpanded = String(byTest("expander").ariaExpanded !== "true")));
