// What the elements that a locator finds are like just now. Arguments: selector, index or null, whether it is to be
// acted on. Returns a plain object; `element` is the one that is meant.
const [selector, index, act] = arguments;
const matches = document.querySelectorAll(selector);
const result = { count: matches.length };
const element = matches[index ?? 0];
if (!element || (index === null && matches.length > 1)) return result;
const describe = (e) => {
  let text = '<' + e.localName;
  for (const name of ['id', 'class', 'name', 'type', 'data-test'])
    if (e.getAttribute(name)) text += ` ${name}="${e.getAttribute(name)}"`;
  return text + '>';
};
result.element = element;
result.describe = describe(element);
const style = getComputedStyle(element);
const shown = (e) => e.checkVisibility({ visibilityProperty: true });
let box = element.getBoundingClientRect();
result.visible = shown(element) && (style.display === 'contents' || (box.width > 0 && box.height > 0));
result.enabled = !element.matches(':disabled') && element.closest('[aria-disabled="true"]') === null;
result.text = element.innerText ?? element.textContent ?? '';
result.value = element.value === undefined ? null : String(element.value);
result.editable = element.isContentEditable || (element.matches('input, textarea, select') && !element.readOnly);
if (act && result.visible) {
  const inside = () => box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
  if (!inside()) {
    element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    box = element.getBoundingClientRect();
  }
  result.box = [box.x, box.y, box.width, box.height].map((n) => Math.round(n * 10)).join(',');
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const root = element.getRootNode();
  const own = hit && (element.contains(hit) || hit.contains(element) || root.host === hit);
  const label = hit && hit.closest('label');
  if (hit && !own && !(label && label.control === element)) result.covered = describe(hit);
}
return result;
