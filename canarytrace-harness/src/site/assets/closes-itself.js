"use strict";
addEventListener("load", () => window.open("", "_self").close());
