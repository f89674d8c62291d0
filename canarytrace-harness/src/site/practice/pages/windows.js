"use strict";
let popup = null;
function openPopup(name, more = "") {
  popup = open(`/practice/popup?name=${name}${more}`, name, "width=480,height=420");
  say("popup-state", popup === null ? "blocked" : "open");
}
on("open-popup", "click", () => openPopup("popup"));
on("open-later", "click", () => setTimeout(() => openPopup("later"), ms("after", 300)));
on("open-brief", "click", () => openPopup("brief", `&close-after=${ms("for", 300)}`));
on("open-two", "click", () => {
  openPopup("first");
  openPopup("second");
});
on("send-message", "click", () => popup?.postMessage(byTest("message").value, location.origin));
addEventListener("message", (event) => {
  if (event.origin === location.origin) {
    say("received", event.data);
  }
});
setInterval(() => popup?.closed && say("popup-state", "closed"), 20);
