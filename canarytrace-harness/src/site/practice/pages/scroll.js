"use strict";
addEventListener("scroll", () => say("page-scroll", `${Math.round(scrollX)},${Math.round(scrollY)}`));
addEventListener("wheel", (event) => say("wheel", `${event.deltaX},${event.deltaY}`), { passive: true });
const box = byTest("box");
box.addEventListener("scroll", () => say("box-scroll", `${Math.round(box.scrollLeft)},${Math.round(box.scrollTop)}`));
const terms = byTest("terms");
terms.addEventListener("scroll", () => {
  if (terms.scrollTop + terms.clientHeight >= terms.scrollHeight - 2) {
    byTest("agree").disabled = false;
  }
});
on("agree", "click", () => say("agreed", "yes"));
on("smooth", "click", () => byTest("end").scrollIntoView({ behavior: "smooth" }));
