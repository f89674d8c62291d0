"use strict";
/** Fills the field in; shows what was sent in the output beside it. */
function form(root, name) {
  root.innerHTML = `<link rel="stylesheet" href="${document.querySelector('link[rel="stylesheet"]').href}">
<form data-test="${name}-form"><slot name="caption"></slot>
<label for="field">Your ${name} name</label><input id="field" data-test="${name}-input" placeholder="Name, ${name}">
<button data-test="${name}-send">Send ${name}</button> <output data-test="${name}-sent">nothing sent</output></form>`;
  root.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    byTest(`${name}-sent`, root).textContent = `${name}: ${root.querySelector("input").value}`;
  });
}
customElements.define("practice-form", class extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" });
  }
  connectedCallback() {
    form(this.shadowRoot, this.getAttribute("name"));
  }
});
customElements.define("practice-shell", class extends HTMLElement {
  connectedCallback() {
    this.attachShadow({ mode: "open" }).innerHTML =
      `<section data-test="shell"><p>Outer root</p><practice-form name="nested" data-test="inner-host"></practice-form></section>`;
  }
});
customElements.define("practice-closed", class extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: "closed" });
    root.innerHTML = `<button type="button" data-test="closed-button">Closed button</button>`;
    count(root.querySelector("button"), "closed-result");
  }
});
customElements.define("practice-save", class extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<button type="button" data-test="shadow-save">Save</button>`;
    root.querySelector("button").addEventListener("click", () => say("save-result", "inside"));
  }
});
count(byTest("declared-host").shadowRoot.querySelector("button"), "declared-result");
on("light-save", "click", () => say("save-result", "outside"));
setTimeout(() => form(byTest("late-host").attachShadow({ mode: "open" }), "late"), ms("after", 300));
