"use strict";
const known = {
  "timezone": () => Intl.DateTimeFormat().resolvedOptions().timeZone,
  "locale": () => navigator.language,
  "languages": () => navigator.languages.join(", "),
  "screen": () => `${screen.width}x${screen.height}`,
  "viewport": () => `${innerWidth}x${innerHeight}`,
  "device-pixel-ratio": () => devicePixelRatio,
  "touch": () => (navigator.maxTouchPoints > 0 ? `yes, ${navigator.maxTouchPoints} points` : "no"),
  "pointer": () => (matchMedia("(pointer: coarse)").matches ? "coarse" : "fine"),
  "color-scheme": () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
  "user-agent": () => navigator.userAgent,
  "mobile": () => navigator.userAgentData?.mobile ?? "not said",
};
function show() {
  for (const [name, value] of Object.entries(known)) {
    document.querySelector(`[data-test="${name}"]`).textContent = value();
  }
}
show();
addEventListener("resize", show);
