"use strict";
const scope = "/practice/service-worker";
async function tell() {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  const active = registration?.active?.state === "activated" && navigator.serviceWorker.controller !== null;
  say("registration", active ? "active" : registration === undefined ? "not registered" : "registered");
}
on("register", "click", async () => {
  await navigator.serviceWorker.register("/practice/service-worker/worker.js", { scope });
  await navigator.serviceWorker.ready;
  await tell();
});
on("unregister", "click", async () => {
  await (await navigator.serviceWorker.getRegistration(scope))?.unregister();
  await tell();
});
on("ask", "click", async () => say("answer", await (await fetch("/practice/service-worker/answer")).text()));
navigator.serviceWorker.addEventListener("controllerchange", tell);
tell();
