"use strict";
const marks = whole("marks", 100000, 1e6);
for (let at = 0; at < marks; at += 1) {
  performance.mark(`mark ${at}`);
}
say("set", marks);
say("done", "done");
