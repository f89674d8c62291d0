"use strict";
on("locate", "click", () => {
  say("position", "asking");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      say("position", `${coords.latitude}, ${coords.longitude}`);
      say("accuracy", coords.accuracy);
    },
    (error) => say("position", `refused: ${["", "permission denied", "position unavailable", "timeout"][error.code]}`),
  );
});
say("notify", window.Notification?.permission ?? "not known");
on("ask-notify", "click", async () => say("notify", await Notification.requestPermission()));
on("camera", "click", async () => {
  say("camera-state", "asking");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    say("camera-state", "open");
    stream.getTracks().forEach((track) => track.stop());
  } catch (error) {
    say("camera-state", `refused: ${error.name}`);
  }
});
for (const name of ["geolocation", "notifications", "clipboard-read", "clipboard-write", "camera", "microphone"]) {
  const state = make("dd", { "data-test": `state-${name}` }, "…");
  byTest("states").append(make("dt", {}, name), state);
  navigator.permissions.query({ name }).then(
    (status) => {
      const show = () => (state.textContent = status.state);
      status.addEventListener("change", show);
      show();
    },
    () => (state.textContent = "not known"),
  );
}
