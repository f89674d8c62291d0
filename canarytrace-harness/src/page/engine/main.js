// What the library asks of a page: one request, one answer.

/** A mistake in what was asked: waiting does not help. */
class Mistake extends Error {}

/** Elements that a later request refers to, by their number; only the last few are kept from being collected. */
const kept = new Map();
let lastKept = 0;

const keep = (element) => {
  kept.set(++lastKept, element);
  kept.delete(lastKept - 8);
  return lastKept;
};

/** The element that is meant, or what stands in the way in words. */
const single = (request, context) => {
  const found = resolve(request.query, document, context);
  if (found.length === 1) return { element: found[0], count: 1 };
  return { element: null, count: found.length, obstacle: found.length === 0 ? 'no element matched' : tooMany(found) };
};

const operations = {
  /** How many there are, and the state of the one that is meant. */
  look(request, context) {
    const { element, count, obstacle } = single(request, context);
    if (!element) return { count, obstacle };
    return {
      count,
      description: describe(element),
      visible: isVisible(element),
      enabled: whyDisabled(element) === null,
      editable: isEditable(element),
      checked: isChecked(element),
    };
  },

  /** One property of the one that is meant. */
  read(request, context) {
    const { element, count, obstacle } = single(request, context);
    if (!element) return { count, obstacle };
    const { property, name } = request;
    const box = element.getBoundingClientRect();
    const value = {
      text: () => shownText(element),
      value: () => valueOf(element),
      attribute: () => element.getAttribute(name),
      box: () => ({ x: box.x, y: box.y, width: box.width, height: box.height }),
    }[property]();
    return { count, description: describe(element), found: true, value };
  },

  /** The texts of all that match. */
  texts(request, context) {
    return resolve(request.query, document, context).map(shownText);
  },

  expect(request, context) {
    return judge(request.query, context, request.condition, request.negated);
  },

  /** Title or URL of the document. */
  expectOfPage({ subject, condition, negated }) {
    const text = subject === 'title' ? document.title : location.href;
    return { holds: judgeText(text, condition) !== negated, was: `it was ${quoted(text)}`, count: 1 };
  },

  /** Whether the element is ready; then it is kept, and a gesture is watched if one is to come. */
  async ready(request, context) {
    const { element, count, obstacle } = single(request, context);
    if (!element) return { count, obstacle };
    const { lacks, covered, point } = await readiness(element, request);
    if (lacks) return { count, obstacle: `${describe(element)} ${lacks}`, covered: Boolean(covered) };
    if (request.gesture === 'wheel') watchWheel();
    else if (request.gesture) watchGesture(element, request.gesture, () => single(request, context).element);
    return { count, handle: keep(element), point, description: describe(element), checked: isChecked(element) };
  },

  endGesture: () => (watched?.state.kind === 'wheel' ? endWheel() : endGesture()),

  /** Where the inside of a frame begins, and whether a point of it can be hit. */
  frame(request, context) {
    const { element, count, obstacle } = single(request, context);
    if (!element) return { count, obstacle };
    if (!element.matches('iframe, frame')) throw new Mistake(`${describe(element)} is no frame`);
    const handle = keep(element);
    if (!request.point) return { count, handle };
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const x = box.x + element.clientLeft + parseFloat(style.paddingLeft) + request.point.x;
    const y = box.y + element.clientTop + parseFloat(style.paddingTop) + request.point.y;
    const hit = elementAt(x, y);
    if (request.hit && hit !== element) return { count, obstacle: `the frame ${describe(element)} ${covering(hit, element)}` };
    return { count, handle, point: { x, y } };
  },

  beginFill: ({ handle, text }) => (kept.get(handle)?.isConnected ? beginFill(kept.get(handle), text) : { gone: true }),
  endFill: () => endFill(),
  focus: ({ handle }) => (kept.get(handle)?.isConnected ? focusForKeys(kept.get(handle)) : false),
  blur: ({ handle }) => kept.get(handle)?.blur(),
  select: ({ handle, wanted }) => (kept.get(handle)?.isConnected ? selectOptions(kept.get(handle), wanted) : 'is detached from the page'),
  files: ({ handle, files }) => giveFiles(kept.get(handle), files),
  fileInput({ handle, count }) {
    const element = kept.get(handle);
    if (!element?.matches('input[type=file]')) throw new Mistake(`${element ? describe(element) : 'it'} is no input of type file`);
    if (count > 1 && !element.multiple) throw new Mistake(`${describe(element)} takes one file, not ${count}`);
  },

  similar: (request, context) => similar(request.query, context),
};

/** The element of a handle, for calls that need a reference to it. */
const elementOf = (handle) => kept.get(handle) ?? null;

/** Whether an element is on the page, and in no shadow root that is closed to scripts, such as those of the browser's own inputs. */
const isReachable = (element) => {
  let root = element.getRootNode();
  while (root instanceof ShadowRoot && root.host.shadowRoot === root) root = root.host.getRootNode();
  return root === document;
};

/** Whether an exception says that a selector is none. */
const isMistake = (error) => error instanceof Mistake || (error instanceof DOMException && ['SyntaxError', 'NamespaceError', 'InvalidStateError'].includes(error.name));

/**
 * The element of a node of the accessibility tree, if it is on the page. The tree was asked some time ago: a page that
 * renders again all the time has replaced the element by an equal one since then.
 */
const present = (node) => {
  // A node may be a text or a pseudo-element, and one that is gone altogether came as null.
  if (!(node instanceof Element)) return null;
  if (node.isConnected) return isReachable(node) ? node : null;
  return onlyEqual(node, document);
};

const run = async (request, nodes) => {
  let next = 0;
  const roles = (request.roles ?? []).flatMap(({ role, names }) => names.map((name) => ({ role, name, element: present(nodes[next++]) })));
  // Two that are gone may have one successor.
  const isFirst = ({ element }, index) => roles.findIndex((other) => other.element === element) === index;
  const context = { testIds: request.testIds ?? [], roles: roles.filter((found, index) => found.element !== null && isFirst(found, index)) };
  try {
    return { answer: (await operations[request.op](request, context)) ?? null };
  } catch (error) {
    if (isMistake(error)) return { mistake: error.message };
    throw error;
  }
};

return { run, elementOf };
