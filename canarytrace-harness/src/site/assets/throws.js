"use strict";
function inner() {
  throw new TypeError("Practice exception at load");
}
function outer() {
  inner();
}
outer();
