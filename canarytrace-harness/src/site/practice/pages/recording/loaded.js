"use strict";
byTest("loaded").textContent = "loaded";
