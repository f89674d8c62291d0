"use strict";
const worker = new Worker("/assets/practice/computes.js");
worker.addEventListener("message", (event) => say(event.data.shown, event.data.text));
worker.addEventListener("error", (event) => say("worker-error", event.message));
on("compute", "click", () => {
  say("primes", "computing");
  worker.postMessage({ does: "primes", limit: Number(byTest("limit").value) });
});
on("worker-throws", "click", () => worker.postMessage({ does: "throw" }));
on("worker-fetch", "click", () => worker.postMessage({ does: "fetch" }));
on("block", "click", () => {
  const end = performance.now() + ms("for", 600);
  while (performance.now() < end) {
    // Only time passes: that is what it is for.
  }
  say("blocked", "was blocked");
});
