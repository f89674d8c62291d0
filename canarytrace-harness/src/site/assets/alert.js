"use strict";
addEventListener("load", () => alert("Practice alert"));
