"use strict";
byTest("more").addEventListener("click", () => {
  later(true);
  byTest("used").classList.add("later");
  say("done", "more");
});
function loaded(link) {
  return new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error("the sheet did not come")));
    document.head.append(link);
  });
}
addEventListener("load", async () => {
  const made = new CSSStyleSheet();
  made.replaceSync(".used { bottom: 0; } .never { bottom: 1px; }");
  document.adoptedStyleSheets = [made];
  if (query.has("large")) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = `/practice/coverage/large.css?bytes=${query.get("large")}`;
    await loaded(link);
  }
  say("done", "done");
});
