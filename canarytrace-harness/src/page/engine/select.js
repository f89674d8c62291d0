// Which elements a query finds, in the order in which they are on the page, open shadow roots included.

/** Elements whose text nobody reads. */
const SILENT = 'script, style, noscript, template, head';

/** The element that an element lies in; from the top of a shadow root on to its host. */
const parentOf = (node) => node.parentElement ?? (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);

/** Whether `node` lies in `root`, also through shadow roots. */
const isWithin = (node, root) => {
  if (root.nodeType === Node.DOCUMENT_NODE) return node.isConnected;
  for (let at = parentOf(node); at; at = parentOf(at)) if (at === root) return true;
  return false;
};

/** Every element below `root`; `shadow` tells whether there is a shadow root among them. */
const survey = (root) => {
  const light = root.querySelectorAll('*');
  let shadow = Boolean(root.shadowRoot);
  for (const element of light) {
    if (element.shadowRoot) {
      shadow = true;
      break;
    }
  }
  if (!shadow) return { elements: light, shadow };
  const elements = [];
  const visit = (parent) => {
    if (parent.shadowRoot) visit(parent.shadowRoot);
    for (const child of parent.children) {
      elements.push(child);
      visit(child);
    }
  };
  visit(root);
  return { elements, shadow };
};

/** `"a > b, c"` as [[{combinator: '', compound: 'a'}, {combinator: '>', compound: 'b'}], [{…}]]. */
const parseSelectors = (text) => {
  const lists = [];
  let complex = [];
  let compound = '';
  let combinator = '';
  const endCompound = () => {
    if (compound) complex.push({ combinator, compound });
    compound = '';
    combinator = '';
  };
  for (let i = 0; i < text.length; i++) {
    const at = text[i];
    if (at === '\\') {
      compound += at + (text[++i] ?? '');
    } else if (at === '"' || at === "'" || at === '[' || at === '(') {
      // Strings and blocks are taken whole: what looks like a combinator in there is none.
      const closing = [];
      do {
        const inside = text[i];
        compound += inside;
        const last = closing[closing.length - 1];
        if (inside === '\\') compound += text[++i] ?? '';
        else if (inside === last) closing.pop();
        else if (last !== '"' && last !== "'") {
          if (inside === '"' || inside === "'") closing.push(inside);
          else if (inside === '[') closing.push(']');
          else if (inside === '(') closing.push(')');
        }
      } while (closing.length > 0 && ++i < text.length);
    } else if (at === ',') {
      endCompound();
      lists.push(complex);
      complex = [];
    } else if (/\s/.test(at)) {
      if (compound) endCompound();
      if (complex.length > 0 && !combinator) combinator = ' ';
    } else if (at === '>' || at === '+' || at === '~') {
      if (compound) endCompound();
      combinator = at;
    } else {
      compound += at;
    }
  }
  endCompound();
  lists.push(complex);
  return lists;
};

/** Whether `element` matches, where an element's parent may be the host of its shadow root. */
const matchesComposed = (element, complex, scope, last = complex.length - 1) => {
  const { combinator, compound } = complex[last];
  const own = compound === ':scope' ? element === scope : element.matches(compound);
  if (!own) return false;
  if (last === 0) return !combinator || (combinator === '>' ? parentOf(element) === scope : true);
  if (combinator === '>') {
    const parent = parentOf(element);
    return parent !== null && matchesComposed(parent, complex, scope, last - 1);
  }
  if (combinator === ' ') {
    for (let at = parentOf(element); at; at = parentOf(at)) if (matchesComposed(at, complex, scope, last - 1)) return true;
    return false;
  }
  for (let at = element.previousElementSibling; at; at = at.previousElementSibling) {
    if (matchesComposed(at, complex, scope, last - 1)) return true;
    if (combinator === '+') return false;
  }
  return false;
};

const byCss = (selector, root) => {
  // Says so when it is no selector.
  const light = root.querySelectorAll(selector);
  const { elements, shadow } = survey(root);
  if (!shadow) return [...light];
  const lists = parseSelectors(selector);
  return elements.filter((element) => lists.some((complex) => matchesComposed(element, complex, root)));
};

const byXpath = (expression, root) => {
  const own = root.nodeType === Node.DOCUMENT_NODE ? expression : expression.replace(/^\//, './');
  const found = (root.ownerDocument ?? root).evaluate(own, root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE);
  return Array.from({ length: found.snapshotLength }, (_, i) => {
    const node = found.snapshotItem(i);
    if (node.nodeType !== Node.ELEMENT_NODE) throw new Mistake(`it finds ${node.nodeName} nodes, not elements`);
    return node;
  });
};

/** White space as a reader sees it. */
const normal = (text) => text.replace(/[\s\u200b]+/g, ' ').trim();

/** A function that tells whether a text matches. */
const matcher = ({ kind, value }) => {
  if (kind === 'any') return () => true;
  if (kind === 'exact') return (text) => normal(text) === normal(value);
  if (kind === 'regex') {
    const expression = regularExpression(value);
    return (text) => expression.test(normal(text));
  }
  const part = normal(value).toLowerCase();
  return (text) => normal(text).toLowerCase().includes(part);
};

const regularExpression = (text) => {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new Mistake(error.message);
  }
};

/** What a person reads in an element, hidden parts included; the texts of scripts and styles are none. */
const textOf = (element) => {
  if (element.matches('input[type=button], input[type=submit], input[type=reset]')) return element.value;
  let text = '';
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) text += node.nodeValue;
    else if (node.nodeType === Node.ELEMENT_NODE && !node.matches(SILENT)) {
      if (node.localName === 'br') text += ' ';
      visitChildren(node);
    }
  };
  const visitChildren = (node) => {
    // What is slotted is read where its slot is, in the shadow tree.
    const children = node.shadowRoot ? node.shadowRoot.childNodes : node.localName === 'slot' && node.assignedNodes().length ? node.assignedNodes() : node.childNodes;
    for (const child of children) visit(child);
  };
  visitChildren(element);
  return text;
};

/** The smallest elements whose text matches. */
const byText = (match, root) => {
  const matches = matcher(match);
  const found = [];
  // A part of a text can only be where the whole contains it; an expression may match the part alone.
  const canSkip = match.kind !== 'regex' && match.kind !== 'any';
  const part = canSkip ? normal(match.value).toLowerCase() : '';
  // Text is compared without white space here: it may be split over elements.
  const dense = part.replace(/ /g, '');
  const cannotContain = (element) =>
    canSkip && !element.shadowRoot && !element.querySelector('input') && !shadowBelow.has(element) && !slotBelow.has(element) &&
    !element.textContent.replace(/[\s\u200b]+/g, '').toLowerCase().includes(dense);
  const shadowBelow = new Set();
  const slotBelow = new Set();
  const { elements, shadow } = survey(root);
  if (shadow) {
    for (const element of elements) {
      if (element.shadowRoot) for (let at = element; at; at = parentOf(at)) shadowBelow.add(at);
      if (element.localName === 'slot') for (let at = element; at; at = at.parentElement) slotBelow.add(at);
    }
  }
  // What is slotted is met where its slot is, and again where it is written.
  const visited = new Map();
  const visit = (element) => {
    if (!visited.has(element)) visited.set(element, visitOnce(element));
    return visited.get(element);
  };
  const visitOnce = (element) => {
    if (element.matches(SILENT) || (!element.matches('input') && cannotContain(element))) return false;
    let inside = false;
    if (shadow && element.localName === 'slot') {
      for (const child of element.assignedElements()) inside = visit(child) || inside;
      if (element.assignedNodes().length > 0) return inside;
    }
    if (element.shadowRoot) for (const child of element.shadowRoot.children) inside = visit(child) || inside;
    for (const child of element.children) inside = visit(child) || inside;
    if (!inside && matches(textOf(element))) {
      found.push(element);
      return true;
    }
    return inside;
  };
  const top = root.nodeType === Node.DOCUMENT_NODE ? (root.body ? [root.body] : [...root.children]) : [...root.children];
  if (root.shadowRoot) top.unshift(...root.shadowRoot.children);
  for (const element of top) visit(element);
  return found;
};

/** The texts that label an element: `label`, `aria-labelledby`, `aria-label`. */
const labelsOf = (element) => {
  const texts = [...(element.labels ?? [])].map(textOf);
  const ids = element.getAttribute('aria-labelledby')?.split(/\s+/).filter(Boolean) ?? [];
  const parts = ids.map((id) => element.getRootNode().getElementById?.(id)).filter(Boolean).map(textOf);
  if (parts.length > 0) texts.push(parts.join(' '));
  if (element.getAttribute('aria-label')) texts.push(element.getAttribute('aria-label'));
  return texts;
};

const byLabel = (match, root) => {
  const matches = matcher(match);
  return [...survey(root).elements].filter((element) => labelsOf(element).some(matches));
};

const byAttributes = (names, match, root) => {
  const matches = matcher(match);
  return [...survey(root).elements].filter((element) =>
    names.some((name) => element.hasAttribute(name) && matches(element.getAttribute(name))));
};

/** The elements that `query` finds below `root`. `context`: test id attributes, and roles from the accessibility tree. */
const resolve = (query, root, context) => {
  switch (query.kind) {
    case 'css':
      return byCss(query.selector, root);
    case 'xpath':
      return byXpath(query.expression, root);
    case 'text':
      return byText(query.text, root);
    case 'role': {
      const matches = matcher(query.name);
      return context.roles
        .filter(({ role, name, element }) => role === query.role && matches(name) && isWithin(element, root))
        .map(({ element }) => element);
    }
    case 'label':
      return byLabel(query.text, root);
    case 'placeholder':
      return byAttributes(['placeholder', 'aria-placeholder'], query.text, root);
    case 'altText':
      return byAttributes(['alt'], query.text, root);
    case 'testId':
      return byAttributes(context.testIds, query.id, root);
    case 'within': {
      const found = new Set();
      for (const outer of resolve(query.outer, root, context)) {
        for (const element of resolve(query.inner, outer, context)) found.add(element);
      }
      return [...found];
    }
    case 'filter': {
      const keep = filter(query.by, context);
      return resolve(query.of, root, context).filter(keep);
    }
    case 'nth': {
      const element = resolve(query.of, root, context).at(query.index);
      return element ? [element] : [];
    }
  }
};

const filter = (by, context) => {
  const holds = (() => {
    switch (by.kind) {
      case 'hasText': {
        const matches = matcher(by.text);
        return (element) => matches(textOf(element));
      }
      case 'has':
        return (element) => resolve(by.query, element, context).length > 0;
      case 'visible':
        return isVisible;
    }
  })();
  return by.negated ? (element) => !holds(element) : holds;
};
