"use strict";
console.log("Practice log from paint-worklet");
throw new Error("Practice exception from paint-worklet");
