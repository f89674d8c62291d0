"use strict";
// A worker of any kind: asks the server, logs, throws, and says when that is done. ?name= says what it is called, and
// ?nested=1 that it has a worker of its own.
const own = new URLSearchParams(location.search);
const called = own.get("name");

async function work(tell) {
  console.log(`Practice log from ${called}`);
  console.error(`Practice error from ${called}`);
  const answer = await fetch(`/practice/recording/echo?from=${called}`);
  const status = answer.status;
  await answer.text();
  setTimeout(() => {
    throw new Error(`Practice exception from ${called}`);
  }, 0);
  Promise.reject(new Error(`Practice rejection from ${called}`));
  if (own.has("nested")) {
    const nested = new Worker("/assets/practice/recording/works.js?name=nested-worker");
    nested.addEventListener("message", (event) => tell(event.data));
  }
  setTimeout(() => tell(`${called} ${status}`), 0);
}

if ("onconnect" in self) {
  addEventListener("connect", (event) => work((text) => event.ports[0].postMessage(text)));
} else {
  work((text) => postMessage(text));
}
