"use strict";
const duration = ms("for", 600);
for (const [id, output] of Object.entries({
  "under-overlay": "under-overlay-clicks", "under-wall": "under-wall-clicks", "under-glass": "under-glass-clicks",
  "load-neighbour": "neighbour-clicks", "half-covered": "half-clicks", "disabled-until": "disabled-clicks",
  "in-box": "in-box-clicks", "below-sticky": "sticky-clicks", "opacity-none": "opacity-clicks",
  "far-down": "far-down-clicks",
})) {
  count(byTest(id), output);
}
setTimeout(() => byTest("overlay").remove(), duration);
setTimeout(() => (byTest("disabled-until").disabled = false), ms("after", 300));
on("load", "click", () => {
  const cover = make("div", { style: "position: absolute; inset: 0; background: rgb(128 128 128 / 50%)", "data-test": "spinner" }, "Loading…");
  byTest("load-stage").append(cover);
  setTimeout(() => cover.remove(), duration);
});
const banner = byTest("cookie-banner");
const show = (shown) => (banner.hidden = !shown);
show(query.has("banner"));
on("open-banner", "click", () => show(true));
on("close-banner", "click", () => show(false));
