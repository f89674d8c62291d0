"use strict";
{
  const banner = document.querySelector('[data-test="cookie-banner"]');
  if (sessionStorage.getItem("practice-cookies") === "accepted") {
    banner.remove();
  }
  document.querySelector('[data-test="accept-cookies"]')?.addEventListener("click", () => {
    sessionStorage.setItem("practice-cookies", "accepted");
    banner.remove();
  });
}
