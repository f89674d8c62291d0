"use strict";
const called = query.get("name") ?? "frame";
async function work() {
  console.log(`Practice log from ${called}`);
  const answer = await fetch(`/practice/recording/echo?from=${called}`);
  await answer.text();
  setTimeout(() => {
    say("done", "done");
    parent.postMessage(`${called} ${answer.status}`, "*");
    throw new Error(`Practice exception from ${called}`);
  }, 0);
}
work();
