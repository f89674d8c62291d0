"use strict";
const here = "/practice/recording/";
const length = whole("length", 1024 * 1024, 16 * 1024 * 1024);
const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join("") + "\u007f\u0080\u009f";
const lone = "high \ud800 low \udc00 reversed \udc00\ud800";
const separators = "\u2028 \u2029 \ufeff \u202e \u200b \ufffe \uffff";

async function raw(path, options) {
  const origin = await (await fetch(`${here}raw`)).text();
  const answer = await fetch(origin + path, options);
  return `${answer.status} ${(await answer.text()).slice(0, 80)}`;
}

inTurn({
  "console-controls": () => console.log(`controls ${controls} end`),
  "console-lone-surrogates": () => console.log(`surrogates ${lone} end`, { [lone]: lone }, [lone]),
  "console-separators": () => console.log(`separators ${separators} end`),
  "console-markup": () => console.log("</script><script>alert(1)</script> \u001b[31mred\u001b[0m \" ' \\ \\u0000 %s %d"),
  "console-long": () => console.log("long ".padEnd(length, "x")),
  "console-long-surrogates": () => console.warn("long surrogates " + "\ud83d".repeat(length / 16)),
  "console-long-object": () => console.error({ long: "y".repeat(length) }),
  "exception-odd": async () => {
    setTimeout(() => {
      throw new Error(`exception ${controls} ${lone} end`);
    }, 0);
    setTimeout(() => {
      throw new Error("long exception ".padEnd(length, "z"));
    }, 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
  },
  "url-odd": async () => (await fetch(`${here}echo?odd=${controls}${lone}${separators} ">\`{}|\\^[]`)).status,
  // Chromium refuses a URL with both a line break and “<”: it looks like markup that was cut.
  "url-like-markup": () => raw("/markup?one\n<two"),
  "url-bad-escapes": async () => (await fetch(`${here}echo?odd=%ff%fe%00%c3%28%ed%a0%80%`)).status,
  "url-long": () => raw(`/long?${"u".repeat(length)}`),
  "url-long-refused": async () => (await fetch(`${here}echo?${"u".repeat(length)}`)).status,
  "data-url-long": async () => (await (await fetch(`data:text/plain,${"d".repeat(length)}`)).text()).length,
  "request-header-long": () => raw("/header", { headers: { "x-long": "h".repeat(length) } }),
  "request-header-latin-1": async () => (await fetch(`${here}echo`, { headers: { "x-latin": "gr\u00fcezi \u00ff" } })).status,
  "response-header-controls": () => raw("/control-characters"),
  "response-header-latin-1": () => raw("/latin-1"),
  "response-bad-utf-8": () => raw("/bad-utf-8"),
  "response-header-large": () => raw("/large-header"),
  "response-header-too-large": () => raw("/too-large-header"),
  "post-lone-surrogates": async () => (await fetch(`${here}echo`, { method: "POST", body: `${lone}${controls}` })).status,
  "post-broken-utf-8": async () => {
    const body = new Blob([new Uint8Array([0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80])], { type: "text/plain;charset=utf-8" });
    return (await fetch(`${here}echo`, { method: "POST", body })).status;
  },
  "history-long": () => history.pushState({}, "", `#${"f".repeat(100000)}`),
  "title-odd": () => {
    document.title = `title ${controls} ${lone} ${separators} end`;
  },
  "title-long": async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    document.title = "title ".padEnd(length, "t");
  },
});
