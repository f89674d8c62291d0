"use strict";
addEventListener("load", () => window.close());
