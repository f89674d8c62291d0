"use strict";
const shows = (text) => (document.querySelector('[data-test="done"]').textContent = text);
const does = {
  "throw": () => {
    shows("thrown");
    throw new Error("Practice exception on click");
  },
  "throw-later": () => setTimeout(() => {
    shows("thrown later");
    throw new Error("Practice exception in a timer");
  }, 100),
  "throw-text": () => {
    shows("text thrown");
    throw "Practice text, thrown";
  },
  "reject": () => {
    shows("rejected");
    Promise.reject(new Error("Practice rejection on click"));
  },
  "log-error": () => {
    console.error("Practice error on click");
    shows("logged");
  },
};
for (const [id, act] of Object.entries(does)) {
  document.querySelector(`[data-test="${id}"]`).addEventListener("click", act);
}
