"use strict";
const told = (file) => `${file.name}, ${file.size} bytes`;
on("single", "change", async (event) => {
  const [file] = event.target.files;
  say("single-name", file === undefined ? "no file" : told(file));
  say("single-text", file === undefined ? "" : (await file.text()).slice(0, 200));
});
on("multiple", "change", (event) => {
  byTest("files").replaceChildren(...[...event.target.files].map((file) => make("li", { "data-test": "file" }, told(file))));
});
on("styled", "change", (event) => {
  const [file] = event.target.files;
  say("styled-name", file === undefined ? "no file" : told(file));
});
