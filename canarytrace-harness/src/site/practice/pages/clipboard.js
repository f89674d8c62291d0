"use strict";
on("copy", "click", async () => {
  try {
    await navigator.clipboard.writeText(byTest("text").value);
    say("copy-result", "copied");
  } catch (error) {
    say("copy-result", `refused: ${error.name}`);
  }
});
on("paste", "click", async () => {
  try {
    say("pasted", await navigator.clipboard.readText());
  } catch (error) {
    say("pasted", `refused: ${error.name}`);
  }
});
on("target", "paste", (event) => say("paste-event", event.clipboardData.getData("text/plain")));
