"use strict";
on("count-text", "click", () => say("characters", byTest("text").textContent.length));
