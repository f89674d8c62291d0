"use strict";
// Where this page goes, how and when: `?to=/basket&after=300`.
const given = new URLSearchParams(location.search);
const to = /^\/(?![/\\])/.test(given.get("to") ?? "") ? given.get("to") : "/basket";
const after = Math.min(Math.max(Number(given.get("after") ?? 300) || 0, 0), 60000);
const ways = {
  "script-redirect": () => location.assign(to),
  "script-replace": () => location.replace(to),
  "push-state": () => {
    history.pushState(null, "", "/faults/push-state/next");
    document.querySelector("h1").textContent = "Pushed state";
    document.title = "Pushed state";
  },
};
const way = ways[location.pathname.split("/").at(-1)];
if (way !== undefined) {
  setTimeout(way, after);
}
document.querySelector('[data-test="go"]')?.addEventListener("click", () => setTimeout(() => location.assign(to), after));
