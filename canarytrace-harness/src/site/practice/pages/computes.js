"use strict";
function primes(limit) {
  const bounded = Math.min(limit, 5000000);
  const crossed = new Uint8Array(bounded + 1);
  let found = 0;
  for (let number = 2; number <= bounded; number += 1) {
    if (crossed[number] === 0) {
      found += 1;
      for (let multiple = number * number; multiple <= bounded; multiple += number) {
        crossed[multiple] = 1;
      }
    }
  }
  return found;
}
const does = {
  primes: (task) => postMessage({ shown: "primes", text: String(primes(task.limit)) }),
  throw: () => {
    throw new Error("Practice exception in a worker");
  },
  fetch: async () => {
    const answer = await fetch("/api/products/lamp");
    postMessage({ shown: "worker-answer", text: (await answer.json()).name });
  },
};
addEventListener("message", (event) => does[event.data.does](event.data));
