// What a query that found nothing may have meant.

/** How many single edits make `a` of `b`, at most `limit`; two neighbours that are swapped are one. */
const distance = (a, b, limit) => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && j > 1 && i > 1) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
};

/** From 0, nothing in common, to 1, the same but for case. */
const likeness = (wanted, text) => {
  const a = normal(wanted).toLowerCase().slice(0, 80);
  const b = normal(text).toLowerCase().slice(0, 80);
  if (!a || !b) return 0;
  if (a === b) return 1;
  if (Math.min(a.length, b.length) > 2 && (a.includes(b) || b.includes(a))) return 0.6 + 0.3 * (Math.min(a.length, b.length) / Math.max(a.length, b.length));
  const limit = Math.max(1, Math.floor(Math.max(a.length, b.length) / 3));
  const edits = distance(a, b, limit);
  if (edits <= limit) return 0.9 - edits / (limit + 1) / 3;
  const split = (text) => new Set(text.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 2));
  const words = split(a);
  const shared = [...split(b)].filter((word) => words.has(word)).length;
  return words.size === 0 ? 0 : (0.55 * shared) / words.size;
};

/** The part of a query that says what the element itself is like. */
const leaf = (query) => {
  switch (query.kind) {
    case 'within':
      return leaf(query.inner);
    case 'filter':
    case 'nth':
      return leaf(query.of);
    default:
      return query;
  }
};

/** The elements that the wanted one has to lie in, if the query says so and there are any. */
const scopeOf = (query, context) => {
  switch (query.kind) {
    case 'within': {
      const outer = resolve(query.outer, document, context);
      return outer.length > 0 ? outer : scopeOf(query.inner, context);
    }
    case 'filter':
    case 'nth':
      return scopeOf(query.of, context);
    default:
      return [];
  }
};

const INTERESTING = 'a, button, input, select, textarea, summary, label, option, h1, h2, h3, h4, [role], [tabindex], [onclick], [id], [data-test], [data-testid]';

/** At most `limit` elements that are like what `query` wanted, the likest first, in words. */
const similar = (query, context, limit = 5) => {
  const wanted = leaf(query);
  const scope = scopeOf(query, context);
  const isInScope = (element) => scope.length === 0 || scope.some((outer) => isWithin(element, outer));
  // A page with a hundred thousand elements must not make a failure slow.
  const candidates = scope.length === 0 ? survey(document).elements : scope.flatMap((outer) => [...survey(outer).elements]);
  const elements = [...candidates].filter((element) => !element.matches(SILENT)).slice(0, 20000);
  const score = (() => {
    switch (wanted.kind) {
      case 'text':
        return (element) => (element.children.length === 0 || element.matches('a, button, label') ? likeness(wanted.text.value ?? '', textOf(element).slice(0, 200)) : 0);
      case 'label':
        return (element) => Math.max(0, ...labelsOf(element).map((text) => likeness(wanted.text.value ?? '', text)));
      case 'placeholder':
        return (element) => (element.hasAttribute('placeholder') ? Math.max(0.3, likeness(wanted.text.value ?? '', element.getAttribute('placeholder'))) : 0);
      case 'altText':
        return (element) => (element.getAttribute('alt') ? Math.max(0.3, likeness(wanted.text.value ?? '', element.getAttribute('alt'))) : 0);
      case 'testId':
        return (element) => Math.max(0, ...context.testIds.map((name) => likeness(wanted.id.value ?? '', element.getAttribute(name) ?? '')));
      case 'role':
        return null;
      case 'css': {
        const names = [...wanted.selector.matchAll(/[#.]((?:[\w-]|\\.|[^\x00-\x7f])+)|\[[^\]=]*=\s*["']?([^"'\]]*)/g)].map((match) => match[1] ?? match[2]);
        const tag = wanted.selector.match(/(?:^|[\s>+~])([a-z][\w-]*)[^\s>+~]*$/i)?.[1]?.toLowerCase();
        return (element) => {
          if (!element.matches(INTERESTING) && element.localName !== tag) return 0;
          const own = [element.id, element.getAttribute('name'), ...element.classList, ...context.testIds.map((name) => element.getAttribute(name))];
          const best = Math.max(0, ...names.flatMap((name) => own.filter(Boolean).map((text) => likeness(name, text))));
          return best + (element.localName === tag ? 0.1 : 0);
        };
      }
      default:
        return () => 0;
    }
  })();
  const scored = score
    ? elements.map((element) => ({ element, score: score(element), text: describeWithText(element) }))
    : context.roles
        .filter(({ role, element }) => role === wanted.role && isInScope(element))
        .map(({ element, name, role }) => ({ element, score: 0.45 + likeness(wanted.name.value ?? '', name), text: `${role} "${shortened(name, 60)}"` }));
  return scored
    .filter((candidate) => candidate.score >= 0.45)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map((candidate) => candidate.text);
};
