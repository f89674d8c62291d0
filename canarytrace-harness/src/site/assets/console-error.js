"use strict";
console.error("Practice error", { page: "console-error" });
throw new Error("Practice exception");
