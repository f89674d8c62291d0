// Žluťoučký kůň: letters of two bytes, so that bytes are not characters.
function outer(go) {
  function inner() { return (() => 7)(); }
  function never() { return function deep() { return 8; }; }
  if (go) { return inner(); } else { return never(); }
}
outer(true);
function later(found) {
  if (found) { return "yes"; } else { return "no"; }
}
