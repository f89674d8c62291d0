"use strict";
console.log("Practice log from audio-worklet");
class Silence extends AudioWorkletProcessor {
  process() {
    return false;
  }
}
registerProcessor("silence", Silence);
throw new Error("Practice exception from audio-worklet");
