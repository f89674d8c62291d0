// What an element is like.

/** `<button id="pay" type="submit">`: enough to recognise it in the page's source. */
const describe = (element) => {
  let text = '<' + element.localName;
  for (const name of ['id', 'class', 'name', 'type', 'data-test', 'data-testid', 'role', 'aria-label']) {
    const value = element.getAttribute(name);
    if (value) text += ` ${name}="${shortened(value, 60)}"`;
  }
  return text + '>';
};

/** The same with the text that it shows. */
const describeWithText = (element) => {
  const text = shortened(normal(textOf(element)), 40);
  return text ? `${describe(element)} "${text}"` : describe(element);
};

const shortened = (text, limit) => {
  const points = [...text.slice(0, limit * 2 + 2)];
  return points.length > limit ? points.slice(0, limit).join('') + '…' : text;
};

const isVisible = (element) => {
  if (!element.isConnected || !element.checkVisibility({ visibilityProperty: true })) return false;
  const style = getComputedStyle(element);
  // Without a box of its own it is as visible as what is in it.
  if (style.display === 'contents') {
    return [...element.children].some(isVisible) || normal(textOf(element)) !== '';
  }
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
};

/** Why it is not visible, in words. */
const whyHidden = (element) => {
  for (let at = element; at; at = parentOf(at)) {
    const style = getComputedStyle(at);
    const where = at === element ? '' : ` of ${describe(at)} around it`;
    if (style.display === 'none') return `display: none${where}`;
    if (style.contentVisibility === 'hidden' && at !== element) return `content-visibility: hidden${where}`;
  }
  const { visibility } = getComputedStyle(element);
  if (visibility !== 'visible') return `visibility: ${visibility}`;
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.height === 0) return `its size is ${box.width} x ${box.height}`;
  return 'it is not drawn';
};

/** Nothing, or why a user can't act on it. */
const whyDisabled = (element) => {
  if (element.matches(':disabled')) {
    const group = element.closest('fieldset:disabled, optgroup:disabled');
    return element.hasAttribute('disabled') || !group ? 'disabled' : `disabled by ${describe(group)}`;
  }
  for (let at = element; at; at = parentOf(at)) {
    if (at.getAttribute('aria-disabled') === 'true') return at === element ? 'aria-disabled' : `aria-disabled by ${describe(at)}`;
  }
  return null;
};

const isEditable = (element) =>
  element.isContentEditable ||
  (element.matches('input, textarea, select') && !element.readOnly && element.getAttribute('aria-readonly') !== 'true');

const isChecked = (element) => {
  if (element.matches('input[type=checkbox], input[type=radio]')) return element.checked;
  const state = element.getAttribute('aria-checked') ?? element.getAttribute('aria-pressed');
  return state === null ? null : state === 'true';
};

const valueOf = (element) => {
  if (element.matches('select[multiple]')) return [...element.selectedOptions].map((option) => option.value).join(', ');
  return typeof element.value === 'string' ? element.value : element.value === undefined ? null : String(element.value);
};

/** The element that has the focus, through shadow roots. */
const activeElement = () => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
};

/** What is seen of the element, as far as a message or an expectation needs it. */
const shownText = (element) => element.innerText ?? element.textContent ?? '';
