"use strict";
const called = query.get("name") ?? "frame";
say("frame-name", called);
document.title = `Frame ${called}`;
on("form", "submit", (event) => {
  event.preventDefault();
  say("sent", `${called}: ${byTest("name").value}`);
});
if (query.has("nested")) {
  // `other`: of the other of the server's two names, so that its process is another once more.
  const other = location.hostname === "localhost" ? "127.0.0.1" : "localhost";
  const origin = query.get("nested") === "other" ? `${location.protocol}//${other}:${location.port}` : "";
  const src = `${origin}/practice/frame?name=inner`;
  byTest("inside").append(make("iframe", { src, title: "Inner", name: "inner", "data-test": "frame-inner" }));
}
if (query.has("next")) {
  const next = query.get("next");
  const href = `/practice/frame?name=${encodeURIComponent(next)}`;
  byTest("inside").append(make("a", { href, "data-test": "next" }, `Go to ${next}`));
}
if (query.has("removes")) {
  const button = make("button", { type: "button", "data-test": "remove-me" }, "Remove this frame");
  button.addEventListener("click", () => frameElement?.remove());
  byTest("inside").append(button);
}
