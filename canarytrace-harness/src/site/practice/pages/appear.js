"use strict";
const after = ms("after", 300);
const every = Math.max(ms("every", 50), 1);
count(byTest("shown"), "shown-clicks");
window.practiceReady = false;
setTimeout(() => {
  const button = make("button", { type: "button", "data-test": "appears" }, "Appeared");
  count(button, "appears-clicks");
  byTest("appears-place").append(button);
  byTest("shown").hidden = false;
  byTest("disappears").remove();
  byTest("hides").hidden = true;
  byTest("changes").className = "after";
  byTest("changes").title = "Changed";
  say("changes", "after");
  byTest("changing-value").value = "after";
  window.practiceReady = true;
  location.hash = "ready";
  say("ready", "ready");
}, after);
on("retitle", "click", () => setTimeout(() => (document.title = "Another title"), after));
let steps = 0;
const counting = setInterval(() => {
  steps += 1;
  say("counter", steps);
  if (steps <= 5) {
    byTest("growing").append(make("li", { "data-test": "grown" }, `Row ${steps}`));
  }
  if (steps === 10) {
    clearInterval(counting);
  }
}, every);
on("show-toast", "click", () => {
  const toast = make("p", { class: "notice", "data-test": "toast" }, "Saved");
  byTest("toast-place").replaceChildren(toast);
  setTimeout(() => toast.remove(), ms("for", 600));
});
