"use strict";

// Shared by the calibration pages: it stands in each of them, before their own script.

/** Runs `act` when the page's clock says `moment`, in ms: timers come late, so the last of them is waited out. */
function at(moment, act) {
  const slack = 12;
  const wait = () => {
    while (performance.now() < moment);
    act();
  };
  setTimeout(wait, Math.max(0, moment - slack - performance.now()));
}

/** Does nothing, and lets nothing else be done, for so many ms. */
function block(duration) {
  const end = performance.now() + duration;
  while (performance.now() < end);
}

/** The first entry of this kind for which `isIt` holds, once the browser tells of it. */
function entry(type, isIt = () => true, options = {}) {
  return new Promise((resolve) => {
    new PerformanceObserver((list, observer) => {
      const found = list.getEntries().find(isIt);
      if (found) {
        observer.disconnect();
        resolve(found);
      }
    }).observe({ type, buffered: true, ...options });
  });
}
