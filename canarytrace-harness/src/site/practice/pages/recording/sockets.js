"use strict";
const path = "/practice/recording/";

function open(url) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  return socket;
}

function closed(socket) {
  return new Promise((resolve) => socket.addEventListener("close", (event) => resolve(`closed ${event.code} ${event.reason}`)));
}

/** Sends the messages one after the other, each when the one before has come back, then what ends it. */
async function talk(messages, last) {
  const socket = open(`${path}socket`);
  const end = closed(socket);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  for (const message of messages) {
    const answer = new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
    socket.send(message);
    await answer;
  }
  last(socket);
  return end;
}

inTurn({
  text: () => talk(["hello", "grüezi 🐤", "", "x".repeat(100000)], (socket) => socket.close(1000, "enough")),
  binary: () => talk([new Uint8Array([0, 255, 128, 10]), new Uint8Array(70000)], (socket) => socket.close(1000)),
  odd: () => talk(["control \u0000\u0001\u001f\u007f", "\u2028 lone \ud800 surrogate"], (socket) => socket.close(3000, "odd")),
  "closed-with-an-error": () => talk(["hello"], (socket) => socket.send("close 1011 on purpose")),
  dropped: () => talk(["hello"], (socket) => socket.send("drop")),
  "handshake-fails": () => closed(open("/api/status/403")),
  "nobody-listens": () => closed(open(`${location.protocol.replace("http", "ws")}//127.0.0.1:2/`)),
  // It never opens, and so it never closes either.
  "blocked-by-csp": () => new Promise((resolve) => {
    const socket = open(`${location.protocol.replace("http", "ws")}//blocked.invalid/`);
    socket.addEventListener("error", () => resolve("blocked"));
  }),
  flood: async () => {
    const socket = open(`${path}flood-socket?frames=${whole("frames", 500, 1e6)}&rate=${whole("rate", 500, 1e6)}`);
    let frames = 0;
    socket.addEventListener("message", () => {
      frames += 1;
    });
    const end = await closed(socket);
    return `${frames} frames, ${end}`;
  },
});
