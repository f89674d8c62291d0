"use strict";
const duration = ms("for", 600);
for (const [id, output] of Object.entries({
  stops: "stops-clicks", traveller: "traveller-clicks", forever: "forever-clicks", pulses: "pulses-clicks",
  fades: "fades-clicks", "below-panel": "below-clicks", shy: "shy-clicks", slips: "slips-clicks", grows: "grows-clicks", pushed: "pushed-clicks",
})) {
  count(byTest(id), output);
}
const way = [{ transform: "translate(0, 0)" }, { transform: "translate(200px, 60px)" }];
byTest("stops").animate(way, { duration, fill: "forwards" });
on("set-off", "click", () => byTest("traveller").animate(way, { duration, fill: "forwards" }));
byTest("forever").animate(way, { duration: 700, iterations: Infinity, direction: "alternate" });
byTest("pulses").animate([{ backgroundColor: "#ffd23f" }, { backgroundColor: "#2f7ae5" }],
  { duration: 400, iterations: Infinity, direction: "alternate" });

const fades = byTest("fades");
fades.getBoundingClientRect(); // The first style must be known before the second, or there is no transition.
fades.style.transition = `opacity ${duration}ms`;
fades.style.opacity = "1";

const panel = byTest("panel");
panel.style.transition = `height ${duration}ms`;
on("unfold", "click", () => {
  const open = byTest("unfold").getAttribute("aria-expanded") === "false";
  byTest("unfold").setAttribute("aria-expanded", String(open));
  panel.style.height = open ? "120px" : "0";
});

byTest("shy").addEventListener("mouseenter", () => {
  byTest("shy").style.left = "12rem";
  byTest("shy").style.top = "5rem";
}, { once: true });

byTest("slips").addEventListener("mousedown", () => {
  setTimeout(() => (byTest("slips").style.marginLeft = "14rem"));
}, { once: true });

setTimeout(() => {
  byTest("shift-place").append(make("p", { class: "notice", "data-test": "shift-banner" }, "A banner that came late"));
}, ms("after", 300));
