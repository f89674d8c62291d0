"use strict";
const url = "/practice/service-worker/answer";
addEventListener("install", (event) => {
  const fill = async () => (await caches.open("practice")).put(url, new Response("from the service worker"));
  event.waitUntil(fill().then(() => skipWaiting()));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === url) {
    event.respondWith(caches.match(url).then((kept) => kept ?? fetch(event.request)));
  }
});
