"use strict";
performance.mark("HE-script", { detail: { of: "load.js" } });
performance.measure("until the script", { start: 0, end: performance.now() });
const busy = ms("busy", 120);
const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const wait = (time) => new Promise((done) => setTimeout(done, time));
let worked = 0;
on("busy", "click", () => {
  const until = performance.now() + busy;
  while (performance.now() < until);
  say("worked", ++worked);
});
async function shift(time) {
  if (time > 0) {
    await wait(time);
    const block = make("div");
    block.style.height = "120px";
    byTest("above").append(block);
    await frames();
  }
}
addEventListener("load", async () => {
  await frames();
  await shift(ms("first", 200));
  await shift(ms("second", 1500));
  say("done", "done");
});
