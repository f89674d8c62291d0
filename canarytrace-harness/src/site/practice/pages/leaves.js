"use strict";
const leave = () => location.assign("/search?q=desk");
on("leaves", "input", (event) => event.target.value.length >= 3 && leave());
on("reloads", "input", (event) => {
  say("reloads-value", event.target.value);
  if (event.target.value.length >= 3 && sessionStorage.getItem("practice-reloaded") === null) {
    sessionStorage.setItem("practice-reloaded", "yes");
    location.reload();
  }
});
on("leaves-focus", "focus", leave);
on("leave-late", "click", () => setTimeout(() => location.assign("/basket"), ms("after", 300)));
if (query.has("leave-after")) {
  addEventListener("load", () => setTimeout(leave, ms("leave-after", 300)));
}
