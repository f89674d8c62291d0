// Whether an element is ready to be acted upon, and whether the action reached it.

/** The next time that the page is drawn, or a moment when it is not drawn at all (a tab behind another). */
const nextFrame = () => new Promise((resolve) => {
  const late = setTimeout(resolve, 200);
  requestAnimationFrame(() => {
    clearTimeout(late);
    resolve();
  });
});

const samePlace = (a, b) => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

/** The element at a point, through open shadow roots. */
const elementAt = (x, y) => {
  let at = document.elementFromPoint(x, y);
  while (at?.shadowRoot) {
    const inner = at.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === at) break;
    at = inner;
  }
  return at;
};

/** Whether what happens at `hit` happens to `element`: it is it, is in it, or is its label. */
const belongsTo = (hit, element) => {
  for (let at = hit; at; at = parentOf(at)) {
    if (at === element) return true;
    if (at.localName === 'label' && at.control === element) return true;
  }
  return false;
};

/** Where to click: the middle of the first part of the element that is in the window. */
const pointOf = (element, at) => {
  if (at) {
    const box = element.getBoundingClientRect();
    return { x: box.x + at[0], y: box.y + at[1] };
  }
  const style = getComputedStyle(element);
  // Text that wraps has several boxes, and the middle of all of them may be in none.
  let boxes = style.display.startsWith('inline') || style.display === 'contents' ? [...element.getClientRects()] : [];
  if (style.display === 'contents') boxes = [...element.children].flatMap((child) => [...child.getClientRects()]);
  if (boxes.length === 0) boxes = [element.getBoundingClientRect()];
  for (const box of boxes) {
    const left = Math.max(box.left, 0);
    const top = Math.max(box.top, 0);
    const right = Math.min(box.right, innerWidth);
    const bottom = Math.min(box.bottom, innerHeight);
    if (right > left && bottom > top) return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }
  return null;
};

/** Why a hit elsewhere is one, in words. */
const covering = (hit, element) => {
  if (!hit) return 'is outside of what can be seen of the page';
  for (let at = element; at; at = parentOf(at)) {
    if (getComputedStyle(at).pointerEvents === 'none') {
      return `takes no clicks (pointer-events: none${at === element ? '' : ` of ${describe(at)}`})`;
    }
  }
  return `is covered by ${describe(hit)}`;
};

/** How it is brought into view when it is covered where it is: a sticky header covers the top only. */
const ALIGNMENTS = ['center', 'end', 'start'];

/**
 * Looks whether `element` is ready. `needs`: visible, enabled, editable, still, hit. Returns what it lacks in words, or
 * null and the place.
 */
const readiness = async (element, request) => {
  const own = await readinessOf(element, request);
  // A checkbox that is drawn by its label is used by its label.
  if (own.lacks && request.orLabel && !whyDisabled(element)) {
    for (const label of element.labels ?? []) {
      const instead = await readinessOf(label, request);
      if (!instead.lacks) return instead;
    }
  }
  return own;
};

const readinessOf = async (element, { needs, at, attempt }) => {
  if (!element.isConnected) return { lacks: 'is detached from the page' };
  if (needs.includes('visible') && !isVisible(element)) return { lacks: `is hidden (${whyHidden(element)})` };
  const disabled = needs.includes('enabled') && whyDisabled(element);
  if (disabled) return { lacks: `is ${disabled}` };
  if (needs.includes('editable') && !isEditable(element)) return { lacks: "can't be edited (it is no input, or read-only)" };
  if (!needs.includes('still')) return { lacks: null };
  // Repeatedly covered: there may be a place where it is not.
  if (needs.includes('hit') && attempt > 1) {
    element.scrollIntoView({ block: ALIGNMENTS[attempt % ALIGNMENTS.length], inline: 'center', behavior: 'instant' });
  } else {
    element.scrollIntoViewIfNeeded();
  }
  const before = element.getBoundingClientRect();
  // An animation that was just begun sets off with the first frame: only the second one shows it.
  for (let frame = 0; frame < 2; frame++) {
    await nextFrame();
    if (!element.isConnected) return { lacks: 'is detached from the page' };
    if (!samePlace(before, element.getBoundingClientRect())) return { lacks: 'is moving' };
  }
  const point = pointOf(element, at);
  if (!point) return { lacks: "is outside of the window and can't be scrolled into it" };
  if (needs.includes('hit')) {
    const hit = elementAt(point.x, point.y);
    if (!hit || !belongsTo(hit, element)) return { lacks: covering(hit, element), covered: true };
  }
  return { lacks: null, point };
};

/** Events of one gesture, from its first to its last. */
const GESTURE = ['pointerdown', 'mousedown', 'touchstart', 'pointerup', 'mouseup', 'touchend', 'click', 'auxclick', 'dblclick', 'contextmenu'];

/**
 * Calls `then` once the page's own listeners have seen a press: what is gone by then was taken away because of it, what is
 * gone later was not. A page that keeps the event to itself is left as soon as its listeners have returned.
 */
const afterPage = (event, then) => {
  const { type } = event;
  let called = false;
  const once = () => {
    if (!called) then();
    called = true;
    window.removeEventListener(type, once);
  };
  // Registered now, it is the last of its kind.
  window.addEventListener(type, once);
  scheduler.postTask(once, { priority: 'user-blocking' });
};

/** The element below `root` that equals `element`, if there is exactly one. */
const onlyEqual = (element, root) => {
  const equal = [...root.querySelectorAll(CSS.escape(element.localName))].filter((other) => other.isEqualNode(element));
  return equal.length === 1 ? equal[0] : null;
};

/** The gesture that is being watched. */
let watched = null;

/**
 * From now on the first event of a gesture tells whether it reaches `element`; one that does not is kept from the page.
 * `meant` finds the element anew: a page that replaces it until then is hit all the same. Roles can't be asked for then;
 * for them it has to be the only one that is equal.
 */
const watchGesture = (element, kind, meant) => {
  endGesture();
  const root = element.getRootNode();
  const state = { kind, reached: null, hit: null, target: element, stayed: false, place: null, slipped: false, clicked: false };
  state.successor = () => meant() ?? onlyEqual(element, root);
  // A gesture that was announced and never made must not keep later ones from the page.
  const expires = performance.now() + 5000;
  const listener = (event) => {
    if (state.reached === null) {
      if (performance.now() > expires) return;
      const first = event.composedPath()[0];
      const hit = first instanceof Element ? first : null;
      if (!element.isConnected) state.target = state.successor() ?? element;
      state.reached = hit !== null && belongsTo(hit, state.target);
      state.hit = hit;
    }
    if (event.type === 'mousedown') {
      const pressed = state.target.getBoundingClientRect();
      afterPage(event, () => {
        state.stayed = state.target.isConnected;
        const place = state.target.getBoundingClientRect();
        // What the page moves because of the press is not what slips away.
        state.place = samePlace(pressed, place) ? place : null;
      });
    }
    if (event.type === 'mouseup' && state.place && !event.composedPath().includes(state.target)) {
      state.slipped = state.target.isConnected && !samePlace(state.place, state.target.getBoundingClientRect());
    }
    if (event.type === 'click') state.clicked ||= event.composedPath().includes(state.target);
    if (!state.reached) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  for (const type of GESTURE) window.addEventListener(type, listener, { capture: true, passive: false });
  watched = { state, end: () => GESTURE.forEach((type) => window.removeEventListener(type, listener, { capture: true })) };
};

/** How long a turn of the wheel may be on its way to the page, ms. */
const WHEEL_LIMIT = 2000;

/** From now on it is noted whether a turn of the wheel has come to the page. A browser with much to do loses one at times. */
const watchWheel = () => {
  endGesture();
  const turn = { kind: 'wheel' };
  turn.arrived = new Promise((resolve) => {
    turn.listener = () => resolve(true);
    window.addEventListener('wheel', turn.listener, { capture: true, passive: true });
  });
  watched = { state: turn, end: () => window.removeEventListener('wheel', turn.listener, { capture: true }) };
};

/** Waits for the turn of the wheel that is watched: null when it came. */
const endWheel = async () => {
  const { arrived } = watched.state;
  const came = await Promise.race([arrived, new Promise((resolve) => setTimeout(resolve, WHEEL_LIMIT))]);
  endGesture();
  return came ? null : 'got no turn of the wheel';
};

/** Ends the watch: null when it reached the element, else what became of it, in words. */
const endGesture = () => {
  if (!watched) return null;
  const { state, end } = watched;
  watched = null;
  end();
  if (state.kind === 'wheel') return null;
  if (!state.reached) return `was left before it was clicked; ${state.hit ? describe(state.hit) : 'nothing'} was hit`;
  if (state.kind === 'click' && state.slipped && !state.clicked) return 'slipped away while it was pressed';
  // A press and a release on two elements are no click: the page was told of none. Without a successor there is nothing
  // left to click, as when a press alone was enough.
  if (state.kind === 'click' && state.stayed && !state.clicked && !state.target.isConnected && state.successor()) {
    return 'was replaced while it was pressed';
  }
  return null;
};
