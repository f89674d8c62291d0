"use strict";
const requests = whole("requests", 5000, 1e6);
const atOnce = Math.max(whole("at-once", 20, 1000), 1);
let begun = 0;
let answered = 0;
async function go() {
  while (begun < requests) {
    begun += 1;
    const answer = await fetch(`/practice/recording/item/${begun}`);
    await answer.text();
    answered += 1;
    if (answered % 100 === 0) {
      say("answered", answered);
    }
  }
}
Promise.all(Array.from({ length: atOnce }, go)).then(() => {
  say("answered", answered);
  say("done", "done");
});
