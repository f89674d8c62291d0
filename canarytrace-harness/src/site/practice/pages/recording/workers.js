"use strict";
const script = "/assets/practice/recording/works.js";

/** The first messages of something, this many. */
function messages(from, count) {
  const got = [];
  return new Promise((resolve) => from.addEventListener("message", (event) => {
    got.push(event.data);
    if (got.length === count) {
      resolve(got.join(", "));
    }
  }));
}

inTurn({
  "dedicated-worker": () => messages(new Worker(`${script}?name=dedicated-worker`), 1),
  "worker-with-a-worker": () => messages(new Worker(`${script}?name=outer-worker&nested=1`), 2),
  "shared-worker": () => {
    const { port } = new SharedWorker(`${script}?name=shared-worker`);
    const answer = messages(port, 1);
    port.start();
    return answer;
  },
  "worker-that-is-not-there": () => new Promise((resolve) => {
    new Worker("/assets/missing.js").addEventListener("error", () => resolve("not there"));
  }),
  "audio-worklet": async () => {
    await new OfflineAudioContext(1, 1, 8000).audioWorklet.addModule("/assets/practice/recording/audio-worklet.js");
    return "added";
  },
  "paint-worklet": async () => {
    await CSS.paintWorklet.addModule("/assets/practice/recording/paint-worklet.js");
    return "added";
  },
  frame: () => {
    const answer = messages(window, 1);
    const src = `${otherOrigin()}/practice/recording/worker-frame?name=other-origin`;
    byTest("place").append(make("iframe", { src, title: "Another origin", "data-test": "frame-cross" }));
    return answer;
  },
  "service-worker": async () => {
    const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
    const scope = "/practice/recording/workers";
    const registration = await navigator.serviceWorker.register("/practice/recording/service-worker.js", { scope });
    if (navigator.serviceWorker.controller === null) {
      await controlled;
    }
    const answer = await (await fetch("/practice/recording/answer")).text();
    const { port1, port2 } = new MessageChannel();
    const heard = messages(port1, 1);
    port1.start();
    navigator.serviceWorker.controller.postMessage("throw", [port2]);
    await heard;
    await registration.unregister();
    return answer;
  },
});
