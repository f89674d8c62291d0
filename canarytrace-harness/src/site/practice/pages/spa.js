"use strict";
const after = ms("after", 300);
let shown = 0;
let wanted = 0;
const heading = (text) => make("h2", { "data-test": "view-title" }, text);
const json = async (url) => (await fetch(url)).json();
async function items(view) {
  let page = 0;
  const list = make("ul", { class: "list", "data-test": "items" });
  const more = make("button", { type: "button", "data-test": "load-more" }, "Load more");
  async function load() {
    more.disabled = true;
    page += 1;
    const got = await json(`/api/items?page=${page}&after=${after}`);
    list.append(...got.items.map((item) => {
      const link = make("a", { href: `/practice/spa/items/${item.id}`, "data-test": `item-${item.id}`, "data-view": "" }, item.name);
      return make("li", {}, link);
    }));
    more.disabled = false;
    more.hidden = got.next === null;
  }
  more.addEventListener("click", load);
  await load();
  view.push(heading("Items"), list, more);
}
async function build(path) {
  const view = [];
  const item = /^\/practice\/spa\/items\/(\d+)$/.exec(path);
  if (path === "/practice/spa") {
    view.push(heading("Home"), make("p", {}, "Choose a view."));
  } else if (path === "/practice/spa/items") {
    await items(view);
  } else if (path === "/practice/spa/about") {
    view.push(heading("About"), make("p", {}, "This view is made in the browser."));
  } else if (item !== null) {
    const got = await json(`/api/items/${item[1]}?after=${after}`);
    view.push(heading(got.name), make("p", { "data-test": "item-text" }, got.text));
  } else {
    view.push(heading("No such view"));
  }
  return view;
}
async function show() {
  const number = (wanted += 1);
  const place = byTest("view");
  place.dataset.state = "loading";
  place.replaceChildren(make("p", { "data-test": "spinner" }, "Loading…"));
  const view = await build(location.pathname);
  if (number !== wanted) {
    return; // Another view was asked for meanwhile.
  }
  place.replaceChildren(...view);
  place.dataset.state = "ready";
  document.title = `${byTest("view-title").textContent} – Practice application`;
  say("views", ++shown);
}
addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (link !== null && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    history.pushState(null, "", link.pathname + location.search);
    show();
  }
});
addEventListener("popstate", show);
show();
