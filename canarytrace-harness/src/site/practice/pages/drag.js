"use strict";
on("parcel", "dragstart", (event) => event.dataTransfer.setData("text/plain", "Parcel"));
const seen = [];
for (const [id, type] of [["parcel", "dragstart"], ["van", "dragenter"], ["van", "dragover"], ["van", "drop"], ["parcel", "dragend"]]) {
  on(id, type, () => seen.at(-1) !== type && (seen.push(type), say("drag-events", seen.join(" "))));
}
on("van", "dragover", (event) => event.preventDefault());
on("van", "drop", (event) => {
  event.preventDefault();
  say("van-content", event.dataTransfer.getData("text/plain"));
});

const names = ["Alpha", "Beta", "Gamma", "Delta"];
function fill(list, more = {}) {
  byTest(list).append(...names.map((name) => make("li", { "data-test": `${list}-${name.toLowerCase()}`, ...more }, name)));
}
const order = (list) => [...byTest(list).children].map((row) => row.textContent).join(", ");
/** Puts `row` where `target` is, and moves `target` towards where `row` was. */
function place(row, target) {
  const rows = [...row.parentElement.children];
  rows.indexOf(row) < rows.indexOf(target) ? target.after(row) : target.before(row);
}

fill("sortable");
say("order", order("sortable"));
let dragged = null;
on("sortable", "pointerdown", (event) => (dragged = event.target.closest("li")));
addEventListener("pointermove", (event) => {
  const target = document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-test="sortable"] > li');
  if (dragged !== null && target && target !== dragged) {
    place(dragged, target);
    say("order", order("sortable"));
  }
});
addEventListener("pointerup", () => (dragged = null));

fill("sortable-html5", { draggable: "true" });
say("order-html5", order("sortable-html5"));
let carried = null;
on("sortable-html5", "dragstart", (event) => (carried = event.target.closest("li")));
on("sortable-html5", "dragover", (event) => event.preventDefault());
on("sortable-html5", "drop", (event) => {
  event.preventDefault();
  const target = event.target.closest("li");
  if (carried !== null && target !== null && target !== carried) {
    place(carried, target);
  }
  carried = null;
  say("order-html5", order("sortable-html5"));
});

const thumb = byTest("thumb");
function volume(value) {
  const bounded = Math.min(Math.max(Math.round(value), 0), 100);
  thumb.style.left = `${(byTest("slider").clientWidth - thumb.clientWidth) * bounded / 100}px`;
  thumb.setAttribute("aria-valuenow", String(bounded));
  say("volume", bounded);
}
thumb.addEventListener("pointerdown", (event) => thumb.setPointerCapture(event.pointerId));
thumb.addEventListener("pointermove", (event) => {
  if (thumb.hasPointerCapture(event.pointerId)) {
    const box = byTest("slider").getBoundingClientRect();
    volume((event.clientX - box.x - thumb.clientWidth / 2) / (box.width - thumb.clientWidth) * 100);
  }
});
thumb.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
  if (step !== undefined) {
    event.preventDefault();
    volume(Number(thumb.getAttribute("aria-valuenow")) + step);
  }
});

let held = null;
on("free", "mousedown", (event) => {
  event.preventDefault();
  held = { x: event.clientX - byTest("free").offsetLeft, y: event.clientY - byTest("free").offsetTop };
});
addEventListener("mousemove", (event) => {
  if (held !== null) {
    const [x, y] = [Math.round(event.clientX - held.x), Math.round(event.clientY - held.y)];
    byTest("free").style.left = `${x}px`;
    byTest("free").style.top = `${y}px`;
    say("free-place", `${x},${y}`);
  }
});
addEventListener("mouseup", () => (held = null));
