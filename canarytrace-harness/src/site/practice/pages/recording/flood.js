"use strict";
const messages = whole("console", 50000, 1e7);
const throws = whole("throws", 0, 1e6);
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
async function flood() {
  for (let number = 1; number <= messages; number++) {
    console.log(`Practice flood, message ${number} of ${messages}`);
    // The page stays alive: what is logged leaves it between two portions.
    if (number % 1000 === 0) {
      say("logged", number);
      await pause();
    }
  }
  for (let number = 1; number <= throws; number++) {
    setTimeout(() => {
      throw new Error(`Practice flood, exception ${number} of ${throws}`);
    }, 0);
  }
  await pause();
  say("logged", messages);
  say("done", "done");
}
if (query.get("start") === "click") {
  on("start", "click", flood);
} else {
  flood();
}
