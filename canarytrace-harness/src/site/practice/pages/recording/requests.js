"use strict";
const here = "/practice/recording/";
const other = otherOrigin();

/** Status and beginning of an answer. */
async function ask(url, options = {}) {
  const answer = await fetch(url, options);
  const text = await answer.text();
  return `${answer.status} ${text.slice(0, 80)}`;
}

async function raw(path, options = {}) {
  const origin = await (await fetch(`${here}raw`)).text();
  return ask(origin + path, options);
}

/** How an element's load ends. */
function loaded(element) {
  return new Promise((resolve) => {
    element.addEventListener("load", () => resolve("loaded"));
    element.addEventListener("error", () => resolve("not loaded"));
  });
}

function picture(src) {
  const image = new Image();
  const end = loaded(image);
  image.src = src;
  return end;
}

const json = (value) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

inTurn({
  get: () => ask(`${here}echo?q=1`),
  "not-found": () => ask("/api/status/404"),
  "server-error": () => ask("/api/status/500"),
  "no-content": () => ask("/api/status/204"),
  redirects: () => ask(`${here}redirect/301/302/307`),
  "redirected-post": () => ask(`${here}redirect/307/308`, json({ kept: "by 307 and 308" })),
  "redirected-post-becomes-get": () => ask(`${here}redirect/302`, json({ lost: "by 302" })),
  "redirect-not-followed": async () => (await fetch(`${here}redirect/301`, { redirect: "manual" })).type,
  "redirect-refused": () => ask(`${here}redirect/301`, { redirect: "error" }),
  refused: () => ask(`${location.protocol}//127.0.0.1:2/refused`),
  "blocked-by-csp": () => ask(`${location.protocol}//blocked.invalid/fetched`),
  "picture-blocked-by-csp": () => picture(`${location.protocol}//blocked.invalid/picture.svg`),
  cors: () => ask(`${other}${here}shared`),
  "cors-fails": () => ask(`${other}${here}echo?cors=fails`),
  "no-cors": async () => (await fetch(`${other}${here}echo?no-cors=1`, { mode: "no-cors" })).type,
  preflighted: () => ask(`${other}${here}shared`, { ...json({ preflighted: true }), method: "PUT" }),
  "preflight-fails": () => ask(`${other}${here}echo`, { headers: { "x-not-allowed": "1" } }),
  aborted: () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    return ask("/faults/never-answers", { signal: stop.signal });
  },
  "aborted-in-the-body": async () => {
    const stop = new AbortController();
    const answer = await fetch(`${here}stream?chunks=100000&every=10`, { signal: stop.signal });
    await answer.body.getReader().read();
    stop.abort();
    return "aborted";
  },
  "fills-the-cache": () => ask(`${here}kept`),
  "from-the-disk-cache": () => ask(`${here}kept`, { cache: "force-cache" }),
  "only-if-cached": () => ask(`${here}not-kept`, { cache: "only-if-cached", mode: "same-origin" }),
  "fills-the-memory-cache": () => picture("/pictures/teapot.svg"),
  "from-the-memory-cache": () => picture("/pictures/teapot.svg"),
  "validated-first": () => ask(`${here}validated`),
  "validated-again": () => ask(`${here}validated`),
  data: () => ask("data:text/plain,a%20data%20URL"),
  "data-picture": () => picture("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"),
  blob: async () => {
    const url = URL.createObjectURL(new Blob(["a blob"]));
    const text = await ask(url);
    URL.revokeObjectURL(url);
    return text;
  },
  "blob-revoked": () => {
    const url = URL.createObjectURL(new Blob(["a blob"]));
    URL.revokeObjectURL(url);
    return ask(url);
  },
  gzip: () => ask("/api/gzip"),
  brotli: () => ask(`${here}brotli`),
  zstd: () => ask(`${here}zstd`),
  headers: () => ask(`${here}headers`),
  head: () => ask(`${here}echo`, { method: "HEAD" }),
  put: () => ask(`${here}echo`, { method: "PUT", body: "put" }),
  delete: () => ask(`${here}echo`, { method: "DELETE" }),
  "post-json": () => ask(`${here}echo`, json({ name: "Ada", basket: [1, 2, 3] })),
  "post-form": () => ask(`${here}echo`, { method: "POST", body: new URLSearchParams({ name: "Ada", city: "Zürich" }) }),
  "post-multipart": () => {
    const form = new FormData();
    form.append("name", "Ada");
    form.append("file", new File(["product,price\n"], "report.csv", { type: "text/csv" }));
    return ask(`${here}echo`, { method: "POST", body: form });
  },
  "post-bytes": () => ask(`${here}echo`, { method: "POST", body: new Uint8Array([0, 255, 128, 10, 0xc3, 0x28]) }),
  "post-big": () => ask(`${here}echo`, { method: "POST", body: "b".repeat(1024 * 1024) }),
  beacon: () => navigator.sendBeacon(`${here}echo?beacon=1`, "a beacon"),
  keepalive: () => ask(`${here}echo?keepalive=1`, { method: "POST", body: "kept alive", keepalive: true }),
  xhr: () => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", `${here}echo?xhr=1`);
    request.addEventListener("loadend", () => resolve(`${request.status} ${request.responseText}`));
    request.send();
  }),
  stream: async () => {
    const reader = (await fetch(`${here}stream?chunks=5&every=10`)).body.getReader();
    let chunks = 0;
    while (!(await reader.read()).done) {
      chunks += 1;
    }
    return `${chunks > 0 ? "some" : "no"} chunks`;
  },
  "event-source": () => new Promise((resolve) => {
    const source = new EventSource("/practice/events/stream?count=3&every=1");
    source.addEventListener("done", () => {
      source.close();
      resolve("done");
    });
  }),
  "event-source-refused": () => new Promise((resolve) => {
    const source = new EventSource("/api/status/503");
    source.addEventListener("error", () => resolve(`state ${source.readyState}`));
  }),
  "no-headers": async () => {
    const origin = await (await fetch(`${here}raw`)).text();
    return (await fetch(`${origin}/no-headers`, { mode: "no-cors" })).type;
  },
  "no-status-text": () => raw("/no-status"),
  "http-0.9": () => raw("/http-0.9"),
  empty: () => raw("/empty"),
  reset: () => raw("/reset"),
  "head-only": () => raw("/head-only"),
  torn: () => raw("/torn"),
  "bad-chunk": () => raw("/bad-chunk"),
  "early-hints": () => raw("/early-hints"),
  "bad-header": () => raw("/bad-header"),
  "many-headers": () => raw("/many-headers"),
});
