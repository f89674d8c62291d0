"use strict";
const end = byTest("end-of-list");
let page = 0;
let loading = false;
let complete = false;
async function load() {
  loading = true;
  page += 1;
  const got = await (await fetch(`/api/items?page=${page}&after=${ms("after", 300)}`)).json();
  byTest("rows").append(...got.items.map((item) =>
    make("li", { "data-test": `row-${item.id}`, style: "min-height: 6rem" }, item.name)));
  say("rows-count", byTest("rows").children.length);
  complete = got.next === null;
  end.textContent = complete ? "That is all" : "Loading…";
  loading = false;
  look();
}
function look() {
  if (!loading && !complete && end.getBoundingClientRect().top < innerHeight + 200) {
    load();
  }
}
addEventListener("scroll", look);
look();
