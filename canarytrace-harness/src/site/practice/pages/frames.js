"use strict";
byTest("frame-cross").src = `${otherOrigin()}/practice/frame?name=cross`;
byTest("frame-cross-nested").src = `${otherOrigin()}/practice/frame?name=cross-outer&nested=other`;
on("remove-frame", "click", () => {
  byTest("frame-removed").remove();
  say("remove-state", "removed");
});
setTimeout(() => {
  const frame = { src: "/practice/frame?name=late", title: "Late", name: "late", "data-test": "frame-late" };
  byTest("late-place").append(make("iframe", frame));
}, ms("after", 300));
on("navigate-frame", "click", () => byTest("frame-navigates").contentWindow.location.assign("/practice/frame?name=sent-here"));
