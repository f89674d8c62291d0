"use strict";
const next = () => new Promise((resolve) => setTimeout(resolve, 0));
const deep = { one: { two: { three: { four: { five: "deep" } } } }, list: [1, [2, [3, [4]]]] };
deep.itself = deep;

function outer() {
  return inner();
}
function inner() {
  return new TypeError("Practice error object", { cause: new RangeError("Practice cause") });
}

inTurn({
  levels: () => {
    console.log("Practice log");
    console.info("Practice info");
    console.debug("Practice debug");
    console.warn("Practice warning");
    console.error("Practice error");
  },
  formats: () => {
    console.log("%s is %d years and %i, %f, 100%% %o %O %c styled", "Ada", 36.5, 36.5, 36.5, { a: 1 }, { b: 2 }, "color: red");
    console.log("more", "than", "one", "argument", 1, true, null, undefined);
    console.log();
    console.log("");
  },
  values: () => {
    console.log(1, -0, NaN, Infinity, 12345678901234567890n, 1e300, true, null, undefined, Symbol("practice"));
    console.log([1, , 3], new Array(200), new Uint8Array(3), new ArrayBuffer(8), new Map([["a", 1]]), new Set([1]));
    console.log(new Date(0), /practice/gi, () => 1, class Practice {}, function named() {}, new WeakMap());
    console.log(document.body, document.createTextNode("text"), document, window, new Proxy({}, {}), Promise.resolve(1));
    console.log(deep);
    console.log({ toString() { throw new Error("not to be called"); }, get trap() { throw new Error("not to be read"); } });
  },
  errors: () => {
    console.error(outer());
    console.error("with an error:", outer());
    console.error(new AggregateError([new Error("one"), new Error("two")], "Practice aggregate"));
    console.error(new DOMException("Practice exception of the DOM", "AbortError"));
  },
  assert: () => {
    console.assert(true, "not shown");
    console.assert(false, "Practice assertion");
    console.assert(false);
  },
  table: () => console.table([{ product: "lamp", price: 39 }, { product: "mug", price: 14.5 }]),
  dir: () => {
    console.dir({ practice: 1 });
    console.dirxml(document.querySelector("h1"));
  },
  trace: () => console.trace("Practice trace"),
  group: () => {
    console.group("Practice group");
    console.groupCollapsed("Practice group, collapsed");
    console.log("within");
    console.groupEnd();
    console.groupEnd();
  },
  count: () => {
    console.count("practice");
    console.count("practice");
    console.countReset("practice");
    console.countReset("never counted");
  },
  time: () => {
    console.time("practice");
    console.timeLog("practice", "on the way");
    console.timeEnd("practice");
    console.timeEnd("never begun");
    console.timeStamp("practice");
  },
  profile: () => {
    console.profile("practice");
    console.profileEnd("practice");
  },
  exception: async () => {
    setTimeout(() => {
      throw outer();
    }, 0);
    await next();
    setTimeout(() => {
      throw "Practice text, thrown";
    }, 0);
    await next();
    setTimeout(() => {
      throw { practice: "object, thrown" };
    }, 0);
    await next();
    setTimeout(() => {
      throw null;
    }, 0);
    await next();
  },
  "syntax-error": async () => {
    document.body.append(make("script", {}, "practice syntax error ("));
    await next();
  },
  rejection: async () => {
    Promise.reject(new Error("Practice rejection"));
    Promise.reject("Practice rejection with a text");
    Promise.reject();
    await next();
    // Handled late: Runtime.exceptionRevoked.
    const late = Promise.reject(new Error("Practice rejection, handled late"));
    await next();
    await next();
    await late.catch(() => "handled");
  },
  "handled-exception": () => {
    try {
      throw new Error("never seen by anybody");
    } catch {
      return "handled";
    }
  },
  "error-event": () => dispatchEvent(new ErrorEvent("error", { message: "not thrown" })),
  "blocked-by-csp": () => new Promise((resolve) => {
    addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective), { once: true });
    new Image().src = `${location.protocol}//blocked.invalid/picture.svg`;
  }),
  "missing-resource": () => new Promise((resolve) => {
    const image = new Image();
    image.addEventListener("error", () => resolve("missing"));
    image.src = "/pictures/missing.svg";
  }),
  "cors-fails": () => fetch(`${otherOrigin()}/practice/recording/echo`),
  deprecation: () => {
    // Synchronous requests of the page itself are deprecated.
    const request = new XMLHttpRequest();
    request.open("GET", "/practice/recording/echo?synchronous=1", false);
    request.send();
    return request.status;
  },
  intervention: () => {
    // Chromium complains about a document.write of a script from another origin only on slow networks, but always about a
    // vibration that no user asked for.
    return navigator.vibrate(10);
  },
  clear: () => {
    console.clear();
    console.log("Practice log after clearing");
  },
});
