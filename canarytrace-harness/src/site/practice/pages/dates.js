"use strict";
for (const id of ["date", "time", "datetime", "month", "week", "color", "range"]) {
  on(id, "change", (event) => say("native-value", `${id}: ${event.target.value}`));
}
const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const two = (number) => String(number).padStart(2, "0");
let [year, month] = [2026, 2];
function draw() {
  say("month-name", `${months[month]} ${year}`);
  // Weeks begin on Monday. UTC, so that no time zone has a day of 23 hours.
  const before = (new Date(Date.UTC(year, month, 1)).getUTCDay() + 6) % 7;
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const rows = [];
  for (let first = 1 - before; first <= days; first += 7) {
    const row = make("tr");
    for (let day = first; day < first + 7; day += 1) {
      const cell = make("td");
      if (day >= 1 && day <= days) {
        const label = `${day} ${months[month]} ${year}`;
        const button = make("button", { type: "button", "aria-label": label, "data-test": `day-${day}` }, String(day));
        button.addEventListener("click", () => choose(`${year}-${two(month + 1)}-${two(day)}`));
        cell.append(button);
      }
      row.append(cell);
    }
    rows.push(row);
  }
  byTest("days").tBodies[0].replaceChildren(...rows);
}
function show(shown) {
  byTest("calendar").hidden = !shown;
  byTest("arrival").setAttribute("aria-expanded", String(shown));
}
function choose(day) {
  byTest("arrival").value = day;
  say("arrival-value", day);
  show(false);
}
function turn(step) {
  month += step;
  [year, month] = [year + Math.floor(month / 12), (month + 12) % 12];
  draw();
}
draw();
on("arrival", "click", () => show(byTest("calendar").hidden));
on("previous-month", "click", () => turn(-1));
on("next-month", "click", () => turn(1));
addEventListener("keydown", (event) => event.key === "Escape" && show(false));
on("typed-date", "input", (event) => {
  const digits = event.target.value.replace(/\D/g, "").slice(0, 8);
  event.target.value = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].filter((part) => part !== "").join(".");
});
on("typed-date", "blur", (event) => {
  const [, day, itsMonth, itsYear] = /^(\d\d)\.(\d\d)\.(\d{4})$/.exec(event.target.value) ?? [];
  const date = new Date(Date.UTC(itsYear, itsMonth - 1, day));
  const real = day !== undefined && date.getUTCDate() === Number(day) && date.getUTCMonth() === itsMonth - 1;
  say("typed-value", real ? date.toISOString().slice(0, 10) : "no date");
});
