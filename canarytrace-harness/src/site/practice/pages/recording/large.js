"use strict";
async function read() {
  const bytes = whole("bytes", 200000000, 1e10);
  const reader = (await fetch(`/practice/recording/body?bytes=${bytes}`)).body.getReader();
  let got = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    got += piece.value.length;
  }
  say("bytes", got);
  say("done", "done");
}
read();
