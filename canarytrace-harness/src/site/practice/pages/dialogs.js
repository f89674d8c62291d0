"use strict";
const opens = {
  alert: () => (alert("Practice alert"), say("alert-result", "closed")),
  confirm: () => say("confirm-result", confirm("Delete everything?") ? "accepted" : "dismissed"),
  prompt: () => {
    const name = prompt("What is your name?", "Ada");
    say("prompt-result", name === null ? "dismissed" : `accepted: ${name}`);
  },
};
for (const [id, open] of Object.entries(opens)) {
  on(id, "click", open);
}
on("alert-later", "click", () => {
  say("later-result", "waiting");
  setTimeout(() => (alert("Late alert"), say("later-result", "closed")), ms("after", 300));
});
on("two-alerts", "click", () => {
  alert("First");
  say("two-result", "first closed");
  alert("Second");
  say("two-result", "both closed");
});
addEventListener("beforeunload", (event) => {
  if (byTest("draft").value !== "") {
    event.preventDefault();
  }
});
on("draft", "input", () => say("leave-result", byTest("draft").value === "" ? "leaving does not ask" : "leaving asks"));
on("open-modal", "click", () => byTest("modal").showModal());
on("modal", "close", () => say("modal-result", byTest("modal").returnValue || "closed"));
addEventListener("load", () => {
  const open = opens[query.get("load")];
  if (open !== undefined) {
    setTimeout(open, ms("after", 0));
  }
});
