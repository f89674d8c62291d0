"use strict";
const secret = query.get("secret") ?? "practice-secret";
on("log-secret", "click", () => (console.error(`Practice error with ${secret}`), say("secret-done", "logged")));
on("send-secret", "click", async () => {
  await fetch(`/api/echo?secret=${encodeURIComponent(secret)}`, { method: "POST", headers: { "x-secret": encodeURIComponent(secret) }, body: secret });
  say("secret-done", "sent");
});
on("throw-secret", "click", () => {
  say("secret-done", "thrown");
  throw new Error(`Practice exception with ${secret}`);
});
