"use strict";
let socket = null;
function connect() {
  const every = ms("every", 100);
  const most = whole("count", 20, 1000);
  socket = new WebSocket(`/practice/websocket/echo?every=${every}&count=${most}`);
  say("state", "connecting");
  socket.addEventListener("open", () => say("state", "open"));
  socket.addEventListener("close", (event) => say("state", `closed ${event.code}`));
  socket.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    say(message.kind, message.kind === "echo" ? message.text : message.count);
  });
}
on("connect", "click", connect);
on("disconnect", "click", () => socket?.close(1000));
on("form", "submit", (event) => {
  event.preventDefault();
  socket?.send(byTest("message").value);
});
connect();
