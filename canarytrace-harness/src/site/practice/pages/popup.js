"use strict";
say("window-name", query.get("name") ?? "popup");
document.title = `Popup ${query.get("name") ?? "popup"}`;
on("close-window", "click", () => close());
on("navigate-opener", "click", () => opener?.location.assign("/basket"));
on("message-opener", "click", () => opener?.postMessage("hello from the popup", location.origin));
addEventListener("message", (event) => {
  if (event.origin === location.origin) {
    say("received", event.data);
    event.source.postMessage(`echo: ${event.data}`, location.origin);
  }
});
if (query.has("close-after")) {
  addEventListener("load", () => setTimeout(() => close(), ms("close-after", 300)));
}
