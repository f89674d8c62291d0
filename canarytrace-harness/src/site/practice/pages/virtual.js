"use strict";
const rows = whole("rows", 10000, 100000);
const height = 40;
const list = byTest("list");
byTest("sizer").style.height = `${rows * height}px`;
function draw() {
  const first = Math.max(Math.floor(list.scrollTop / height) - 2, 0);
  const last = Math.min(Math.ceil((list.scrollTop + list.clientHeight) / height) + 2, rows);
  const shown = [];
  for (let number = first; number < last; number += 1) {
    const button = make("button", { type: "button", class: "quiet", "data-test": `open-${number + 1}` }, `Open ${number + 1}`);
    button.addEventListener("click", () => say("clicked", `row ${number + 1}`));
    const style = `position: absolute; top: ${number * height}px; height: ${height}px; display: flex; align-items: center; padding-left: 0.8rem`;
    shown.push(make("div", { role: "listitem", "data-test": "row", style }, `Row ${number + 1} `, button));
  }
  byTest("sizer").replaceChildren(...shown);
  say("in-page", shown.length);
}
let at = list.scrollTop;
list.addEventListener("scroll", () => {
  if (Math.abs(list.scrollTop - at) >= height || list.scrollTop === 0) {
    at = list.scrollTop;
    draw();
  }
});
draw();
