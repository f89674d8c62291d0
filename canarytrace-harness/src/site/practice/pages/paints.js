"use strict";
// A white window gets strips of one colour, all of the same size, at the times (ms) in ?at=300,600,900,1200.
{
    const times = (new URLSearchParams(location.search).get("at") ?? "300,600,900,1200").split(",").map(Number);
    const canvas = document.querySelector("[data-test=canvas]");
    const painted = [];
    times.forEach((time, index) => setTimeout(() => requestAnimationFrame(() => {
        const strip = document.createElement("div");
        const share = 100 / times.length;
        strip.style.cssText = `position: absolute; left: 0; right: 0; background: #06c; top: ${index * share}%; height: ${share}%`;
        canvas.append(strip);
        painted.push(Math.round(performance.now()));
        if (painted.length === times.length) {
            strip.dataset.test = "done";
            // Hardly to be seen, so that it is no picture of its own.
            strip.style.color = "#06c";
            strip.textContent = "done";
            console.log("painted at", JSON.stringify(painted));
        }
    }), Math.max(0, time - performance.now())));
}
