// What is done in the page itself: focus and selection before text is inserted, options, files.

/** Kinds of input whose value is set as a whole, since their parts are the browser's own. */
const WHOLE = ['date', 'time', 'datetime-local', 'month', 'week', 'color', 'range'];

/** Whether an `input` event has reached the element since `beginFill`. */
let filling = null;

const announce = (element) => {
  element.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  element.dispatchEvent(new Event('change', { bubbles: true }));
};

/** Focuses the element and selects all of it. Returns what is left to do: insert, nothing, or why it can't be done. */
const beginFill = (element, text) => {
  if (element.localName === 'select') return { mistake: 'it is a select: use select()' };
  const type = element.localName === 'input' ? element.type : '';
  if (['checkbox', 'radio', 'file', 'button', 'submit', 'reset', 'image'].includes(type)) {
    return { mistake: `an input of type ${type} can't be filled` };
  }
  element.focus({ preventScroll: true });
  if (WHOLE.includes(type)) {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
    set.call(element, text);
    if (element.value !== text.trim().toLowerCase() && element.value !== text.trim()) {
      const took = element.value === '' ? 'is none' : `was taken as "${element.value}"`;
      return { mistake: `"${shortened(text, 40)}" as the value of an input of type ${type} ${took}` };
    }
    announce(element);
    return { done: true };
  }
  if (type === 'number' && text !== '' && Number.isNaN(Number(text))) {
    return { mistake: `"${shortened(text, 40)}" is no number, and the input takes only such` };
  }
  if (element.isContentEditable) {
    const selection = element.ownerDocument.getSelection();
    const range = element.ownerDocument.createRange();
    range.selectNodeContents(element);
    selection.removeAllRanges();
    selection.addRange(range);
  } else {
    element.select();
  }
  filling?.end();
  const state = { reached: false };
  const listener = (event) => {
    if (event.composedPath().includes(element)) state.reached = true;
  };
  window.addEventListener('input', listener, { capture: true });
  filling = { state, end: () => window.removeEventListener('input', listener, { capture: true }) };
  const empty = element.isContentEditable ? element.textContent === '' : element.value === '';
  return { focused: activeElement() === element || element.isContentEditable, empty };
};

/** Whether the text arrived in the element. */
const endFill = () => {
  const reached = filling?.state.reached ?? false;
  filling?.end();
  filling = null;
  return reached;
};

/** Focuses an element for keys; text goes to its end unless it had the focus already. */
const focusForKeys = (element) => {
  if (activeElement() === element) return true;
  element.focus({ preventScroll: true });
  if (element.isContentEditable) {
    const selection = element.ownerDocument.getSelection();
    selection.selectAllChildren(element);
    selection.collapseToEnd();
  } else if (element.matches('input, textarea') && typeof element.value === 'string') {
    try {
      element.setSelectionRange(element.value.length, element.value.length);
    } catch {
      // Inputs without a caret that can be placed (e-mail, number): the browser places it.
    }
  }
  return activeElement() === element || element.isContentEditable || element === document.body;
};

/** Selects options by label or value. Returns what is missing in words, or null. */
const selectOptions = (element, wanted) => {
  if (element.localName !== 'select') throw new Mistake(`${describe(element)} is no select; click its options instead`);
  if (wanted.length > 1 && !element.multiple) throw new Mistake(`${describe(element)} takes one option, not ${wanted.length}`);
  const options = [...element.options];
  const chosen = [];
  for (const text of wanted) {
    const option = options.find((option) => normal(option.label) === normal(text)) ?? options.find((option) => option.value === text);
    if (!option) {
      const has = options.slice(0, 10).map((option) => `"${shortened(normal(option.label), 40)}"`).join(', ');
      return `has no option "${text}"; it has ${has || 'none'}${options.length > 10 ? `, and ${options.length - 10} more` : ''}`;
    }
    if (option.disabled || option.parentElement?.matches('optgroup:disabled')) return `has the option "${text}" disabled`;
    chosen.push(option);
  }
  element.focus({ preventScroll: true });
  for (const option of options) option.selected = chosen.includes(option);
  announce(element);
  return null;
};

/** Gives files to an input of type file, from what we hold ourselves: the browser may run where our disk is not. */
const giveFiles = (element, files) => {
  const transfer = new DataTransfer();
  for (const { name, type, base64 } of files) {
    transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
  }
  element.files = transfer.files;
  announce(element);
};
