"use strict";
setInterval(() => {
  const lines = document.querySelector(".lines");
  lines?.replaceWith(lines.cloneNode(true));
}, 50);
