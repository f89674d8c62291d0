"use strict";
const pictures = 12;
let loaded = 0;
for (let number = 1; number <= pictures; number += 1) {
  const picture = make("img", {
    loading: "lazy", alt: `Picture ${number}`, width: "240", height: "200", "data-test": `picture-${number}`, "data-state": "waiting",
    style: "display: block; margin-bottom: 40rem; background: var(--line)",
  });
  picture.addEventListener("load", () => {
    picture.dataset.state = "loaded";
    say("loaded", `${++loaded} of ${pictures}`);
  });
  byTest("pictures").append(picture);
  picture.src = `/practice/lazy/picture-${number}.svg?after=${ms("after", 300)}`;
}
