"use strict";
const url = "/practice/recording/answer";
addEventListener("install", (event) => {
  console.log("Practice log from service-worker");
  const fill = async () => {
    await (await fetch("/practice/recording/echo?from=service-worker")).text();
    await (await caches.open("recording")).put(url, new Response("from the service worker"));
    await skipWaiting();
  };
  event.waitUntil(fill());
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === url) {
    event.respondWith(caches.match(url).then((kept) => kept ?? fetch(event.request)));
  }
});
addEventListener("message", (event) => {
  console.error("Practice error from service-worker");
  event.ports[0].postMessage("heard");
  throw new Error("Practice exception from service-worker");
});
