"use strict";
const boxes = ["plain", "prechecked", "disabled-box", "partly", "hidden-box", "late-box", "stubborn"];
byTest("partly").indeterminate = true;
function checked() {
  const names = boxes.filter((id) => byTest(id).checked);
  if (byTest("switch").ariaChecked === "true") {
    names.push("switch");
  }
  say("checked", names.join(", ") || "none");
}
boxes.forEach((id) => on(id, "change", checked));
function flip() {
  byTest("switch").ariaChecked = String(byTest("switch").ariaChecked !== "true");
  checked();
}
on("switch", "click", flip);
on("switch", "keydown", (event) => event.key === " " && (event.preventDefault(), flip()));
on("late-box", "click", (event) => {
  event.preventDefault();
  const wanted = event.target.checked;
  setTimeout(() => (byTest("late-box").checked = wanted, checked()), ms("after", 300));
});
on("stubborn", "click", (event) => event.preventDefault());

function chosen() {
  const value = (name) => document.querySelector(`[name="${name}"]:checked`)?.value ?? "none";
  say("chosen", `${value("size")}, ${value("delivery")}`);
}
["small", "medium", "large", "post", "bike"].forEach((id) => on(id, "change", chosen));

const cities = { at: ["Graz", "Linz"], cz: ["Brno", "Praha"], ch: ["Bern", "Chur"], no: ["Bergen"], se: ["Lund"] };
on("country", "change", () => {
  const country = byTest("country").value;
  say("selected", `country: ${country}`);
  byTest("city").disabled = true;
  byTest("city").replaceChildren(make("option", { value: "" }, "Loading…"));
  setTimeout(() => {
    byTest("city").replaceChildren(...(cities[country] ?? []).map((city) => make("option", { value: city.toLowerCase() }, city)));
    byTest("city").disabled = country === "";
  }, ms("after", 300));
});
on("city", "change", () => say("selected", `city: ${byTest("city").value}`));
on("toppings", "change", () => say("selected", `toppings: ${[...byTest("toppings").selectedOptions].map((o) => o.text).join(", ")}`));

function showList(shown) {
  byTest("listbox").hidden = !shown;
  byTest("listbox-button").ariaExpanded = String(shown);
}
on("listbox-button", "click", () => showList(byTest("listbox").hidden));
for (const option of byTest("listbox").children) {
  option.addEventListener("click", () => {
    [...byTest("listbox").children].forEach((other) => (other.ariaSelected = String(other === option)));
    say("listbox-value", option.textContent);
    say("listbox-button", option.textContent);
    showList(false);
  });
}

const fruits = ["Apple", "Apricot", "Banana", "Blackberry", "Blueberry", "Cherry", "Grape", "Lemon", "Orange", "Peach"];
let typing;
function suggest(found) {
  byTest("suggestions").replaceChildren(...found.map((fruit) => {
    const item = make("li", { role: "option", "aria-selected": "false", id: `fruit-${fruit}`, "data-test": `suggestion-${fruit.toLowerCase()}` }, fruit);
    item.addEventListener("mousedown", (event) => (event.preventDefault(), take(fruit)));
    return item;
  }));
  byTest("suggestions").hidden = found.length === 0;
  byTest("combobox").ariaExpanded = String(found.length > 0);
}
function take(fruit) {
  byTest("combobox").value = fruit;
  say("combobox-value", fruit);
  suggest([]);
}
on("combobox", "input", () => {
  clearTimeout(typing);
  const typed = byTest("combobox").value.trim().toLowerCase();
  typing = setTimeout(() => suggest(typed === "" ? [] : fruits.filter((f) => f.toLowerCase().includes(typed))), ms("after", 300));
});
on("combobox", "keydown", (event) => {
  const items = [...byTest("suggestions").children];
  const active = items.findIndex((item) => item.classList.contains("active"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined && items.length > 0) {
    event.preventDefault();
    items[active]?.classList.remove("active");
    const next = items[(Math.max(active, step < 0 ? 0 : -1) + step + items.length) % items.length];
    next.classList.add("active");
    byTest("combobox").setAttribute("aria-activedescendant", next.id);
  } else if (event.key === "Enter" && active >= 0) {
    event.preventDefault();
    take(items[active].textContent);
  } else if (event.key === "Escape") {
    suggest([]);
  }
});
for (const [id, text] of [["tab-one", "View one"], ["tab-two", "View two"]]) {
  on(id, "click", () => {
    ["tab-one", "tab-two"].forEach((other) => (byTest(other).ariaSelected = String(other === id)));
    say("tab-panel", text);
  });
}
