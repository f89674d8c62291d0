"use strict";
function save(href, name) {
  const link = make("a", { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
on("later-download", "click", () => setTimeout(() => save("/practice/download/report.csv", ""), ms("after", 300)));
on("blob-download", "click", () => {
  const url = URL.createObjectURL(new Blob(["made by a script\n"], { type: "text/plain" }));
  save(url, "made.txt");
  setTimeout(() => URL.revokeObjectURL(url), 10000);
});
