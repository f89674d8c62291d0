"use strict";
const entries = (store) => Object.keys(store).sort().map((name) => `${name}=${store.getItem(name)}`).join("; ") || "none";
function show() {
  say("cookies", document.cookie || "none");
  say("local", entries(localStorage));
  say("session", entries(sessionStorage));
}
localStorage.setItem("practice-visits", String(Number(localStorage.getItem("practice-visits") ?? 0) + 1));
say("visits", localStorage.getItem("practice-visits"));
const sets = {
  cookie: (name, value) => (document.cookie = `${encodeURIComponent(name)}=${encodeURIComponent(value)}; Path=/; SameSite=Lax`),
  local: (name, value) => localStorage.setItem(name, value),
  session: (name, value) => sessionStorage.setItem(name, value),
};
const removes = {
  cookie: (name) => (document.cookie = `${encodeURIComponent(name)}=; Path=/; Max-Age=0`),
  local: (name) => localStorage.removeItem(name),
  session: (name) => sessionStorage.removeItem(name),
};
on("form", "submit", (event) => {
  event.preventDefault();
  sets[byTest("place").value](byTest("key").value, byTest("value").value);
  show();
});
on("remove", "click", () => (removes[byTest("place").value](byTest("key").value), show()));
on("refresh", "click", show);
show();
