"use strict";

// What the scripts of the practice pages share.
const query = new URLSearchParams(location.search);

/** Milliseconds out of the query, from 0 to 60000. */
function ms(name, usual) {
  const given = query.has(name) ? Number(query.get(name)) : usual;
  return Number.isFinite(given) ? Math.min(Math.max(given, 0), 60000) : usual;
}

/** A whole number out of the query. */
function whole(name, usual, most) {
  const given = query.has(name) ? Math.trunc(Number(query.get(name))) : usual;
  return Number.isFinite(given) ? Math.min(Math.max(given, 0), most) : usual;
}

/** The element with this `data-test`. */
function byTest(id, root = document) {
  return root.querySelector(`[data-test="${id}"]`);
}

/** Shows a text in the element with this `data-test`. */
function say(id, text) {
  byTest(id).textContent = String(text);
}

function on(id, type, does) {
  byTest(id).addEventListener(type, does);
}

/** Counts the clicks on `element` in the output with this `data-test`. */
function count(element, output) {
  let clicks = 0;
  element.addEventListener("click", () => say(output, ++clicks));
}

/** An element with attributes and children: `make("button", { type: "button" }, "Press")`. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  element.append(...children);
  return element;
}

/**
 * Does these things in turn (or those of them that `?only=one,two` names), shows in the list `results` what each came to,
 * and then says “done” in the output `done`.
 */
async function inTurn(things) {
  const only = query.get("only")?.split(",");
  for (const [name, does] of Object.entries(things)) {
    if (only !== undefined && !only.includes(name)) {
      continue;
    }
    let result;
    try {
      result = await does();
    } catch (error) {
      result = `${error.name}: ${error.message}`;
    }
    byTest("results").append(make("li", { "data-test": `result-${name}` }, `${name}: ${result ?? "done"}`));
  }
  say("done", "done");
}

/** This server by its other name, which is another origin. */
function otherOrigin() {
  const host = location.hostname === "localhost" ? "127.0.0.1" : "localhost";
  return `${location.protocol}//${host}:${location.port}`;
}
