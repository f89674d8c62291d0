"use strict";
on("start", "click", () => {
  const source = new EventSource(`/practice/events/stream?every=${ms("every", 50)}&count=${whole("count", 10, 1000)}`);
  say("stream-state", "started");
  source.addEventListener("message", (event) => say("last", event.data));
  source.addEventListener("done", () => {
    source.close();
    say("stream-state", "done");
  });
});
