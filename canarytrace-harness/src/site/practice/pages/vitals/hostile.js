"use strict";
const found = [];
// What of ours could be seen before anything is overwritten.
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (/canarytrace/i.test(name)) {
    found.push(`global ${name}`);
  }
}
const refuse = () => {
  throw new Error("nothing is measured here");
};
performance.clearMarks();
performance.clearMeasures();
performance.clearResourceTimings();
performance.setResourceTimingBufferSize(0);
performance.mark("set-before");
const show = byTest("results");
const done = byTest("done");
const item = (text) => show.append(make("li", {}, text));
for (const name of found) {
  item(name);
}
for (const name of ["now", "getEntries", "getEntriesByType", "getEntriesByName", "toJSON"]) {
  Performance.prototype[name] = refuse;
}
for (const name of ["observe", "takeRecords", "disconnect"]) {
  PerformanceObserver.prototype[name] = refuse;
}
for (const [name, value] of [
  ["performance", { now: () => 0, timeOrigin: 0, getEntriesByType: () => [] }],
  ["PerformanceObserver", refuse],
  ["requestIdleCallback", refuse],
]) {
  Object.defineProperty(globalThis, name, { value, configurable: false, writable: false });
}
PerformanceEntry.prototype.toJSON = refuse;
Date.now = () => 0;
globalThis.Date = refuse;
JSON.stringify = refuse;
Array.prototype.push = refuse;
Object.prototype.toJSON = refuse;
Math.random = () => 0;
EventTarget.prototype.addEventListener = refuse;
globalThis.setTimeout = refuse;
done.textContent = "done";
