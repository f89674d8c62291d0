"use strict";
addEventListener("load", () => say("done", "next"));
