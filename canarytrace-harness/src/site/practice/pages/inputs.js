"use strict";
/** Rewrites the value after each keystroke and keeps the cursor behind the same digit or letter. */
function reformats(id, keep, format) {
  const input = byTest(id);
  input.addEventListener("input", () => {
    const before = [...input.value.slice(0, input.selectionStart)].filter((c) => keep.test(c)).length;
    const formatted = format([...input.value].filter((c) => keep.test(c)).join(""));
    input.value = formatted;
    let place = 0;
    for (let seen = 0; place < formatted.length && seen < before; place += 1) {
      seen += keep.test(formatted[place]) ? 1 : 0;
    }
    input.setSelectionRange(place, place);
  });
}
reformats("card", /\d/, (digits) => digits.slice(0, 16).replace(/(\d{4})(?=\d)/g, "$1 "));
reformats("phone", /\d/, (digits) => {
  const [a, b, c] = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6, 10)];
  return digits.length > 6 ? `(${a}) ${b}-${c}` : digits.length > 3 ? `(${a}) ${b}` : a;
});
reformats("amount", /[\d.]/, (text) => {
  const [units, ...cents] = text.split(".");
  const grouped = units.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ",");
  return text === "" ? "" : `€${grouped}${cents.length > 0 ? `.${cents.join("").slice(0, 2)}` : ""}`;
});
reformats("upper", /[a-z0-9-]/i, (text) => text.toUpperCase());
reformats("digits", /\d/, (digits) => digits);

let controlled = "";
on("controlled", "input", (event) => {
  controlled = event.target.value;
  event.target.value = "";
  event.target.value = controlled;
  say("controlled-state", controlled);
});

let rebuilt = "";
function rebuild(focused) {
  const input = make("input", { id: "rebuilt", autocomplete: "off", "data-test": "rebuilt" });
  input.value = rebuilt;
  input.addEventListener("input", () => {
    rebuilt = input.value;
    say("rebuilt-state", rebuilt);
    rebuild(true);
  });
  byTest("rebuilt-place").replaceChildren(make("label", { for: "rebuilt" }, "Rebuilt"), input);
  if (focused) {
    input.focus();
    input.setSelectionRange(rebuilt.length, rebuilt.length);
  }
}
rebuild(false);

on("editor", "input", () => say("editor-text", byTest("editor").innerText));
on("aria-disabled", "click", (event) => {
  if (event.currentTarget.getAttribute("aria-disabled") !== "true") {
    say("aria-disabled-clicks", "1");
  }
});
for (const type of ["focus", "keydown", "beforeinput", "input", "keyup", "change", "blur"]) {
  on("watched", type, (event) => {
    const what = event.key ?? event.data ?? "";
    byTest("events").textContent += `${type}${what === "" ? "" : `:${what}`} `;
  });
}
let checking;
on("nickname", "input", () => {
  clearTimeout(checking);
  say("nickname-state", "checking…");
  const name = byTest("nickname").value.trim().toLowerCase();
  checking = setTimeout(() => say("nickname-state", name === "ada" ? "taken" : "free"), ms("after", 300));
});
on("form", "submit", (event) => {
  event.preventDefault();
  say("sent", new URLSearchParams(new FormData(byTest("form"))).toString());
});
