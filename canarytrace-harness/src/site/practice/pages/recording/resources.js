"use strict";
addEventListener("load", async () => {
  // The font is asked for when text needs it; it fails, which is its end.
  await document.fonts.ready;
  const answered = new Promise((resolve) => byTest("form-answer").addEventListener("load", resolve));
  byTest("form").submit();
  await answered;
  say("done", "done");
});
