// Whether what is expected holds, and what was there instead.

/** At most this many characters of a text go into a message. */
const SHOWN = 200;

const judgeText = (text, { how, text: expected }) => {
  switch (how) {
    case 'equals':
      return normal(text) === normal(expected);
    case 'contains':
      return normal(text).includes(normal(expected));
    case 'matches':
      return regularExpression(expected).test(text);
    case 'empty':
      return normal(text) === '';
  }
};

const quoted = (text) => {
  const trimmed = text.trim();
  const shown = shortened(trimmed, SHOWN);
  return shown === trimmed ? `"${shown}"` : `"${shown}" (${[...trimmed].length - SHOWN} more characters)`;
};

/** `{holds, was}` of one element; `was` in words. */
const judgeElement = (element, condition) => {
  const visible = isVisible(element);
  const state = visible ? 'visible' : 'hidden';
  switch (condition.kind) {
    case 'visible':
      return { holds: visible, was: visible ? 'it is visible' : `it is hidden (${whyHidden(element)})` };
    case 'enabled': {
      const disabled = whyDisabled(element);
      return { holds: disabled === null, was: `it is ${disabled ?? 'enabled'}` };
    }
    case 'checked': {
      const checked = isChecked(element);
      if (checked === null) throw new Mistake(`${describe(element)} is nothing that can be checked`);
      return { holds: checked, was: checked ? 'it is checked' : 'it is not checked' };
    }
    case 'editable':
      return { holds: isEditable(element) && whyDisabled(element) === null, was: `it is ${isEditable(element) ? whyDisabled(element) ?? 'editable' : 'read-only'}` };
    case 'focused': {
      const active = activeElement();
      return { holds: active === element, was: active ? `the focus is on ${describe(active)}` : 'nothing has the focus' };
    }
    case 'text': {
      const text = shownText(element);
      return { holds: judgeText(text, condition), was: `it is ${state} and says ${quoted(text)}` };
    }
    case 'value': {
      const value = valueOf(element);
      if (value === null) throw new Mistake(`${describe(element)} is nothing that has a value`);
      return { holds: judgeText(value, condition), was: `its value is ${element.matches('input[type=password]') ? 'another one' : quoted(value)}` };
    }
    case 'attribute': {
      const value = element.getAttribute(condition.name);
      if (value === null) return { holds: false, was: `it has no attribute ${condition.name}` };
      return { holds: judgeText(value, condition), was: `its ${condition.name} is ${quoted(value)}` };
    }
  }
};

/** `{holds, was}` of what `query` finds. `negated` is known here, because an element that is missing is not "not red". */
const judge = (query, context, condition, negated) => {
  const found = resolve(query, document, context);
  if (condition.kind === 'count') {
    return { holds: (found.length === condition.count) !== negated, was: `${found.length} matched`, count: found.length };
  }
  if (found.length === 0) {
    return { holds: condition.kind === 'visible' && negated, was: 'no element matched', count: 0 };
  }
  if (found.length > 1) {
    // Nothing that is hidden is visible, however many there are.
    const holds = condition.kind === 'visible' && negated && !found.some(isVisible);
    return { holds, was: tooMany(found), count: found.length };
  }
  const { holds, was } = judgeElement(found[0], condition);
  return { holds: holds !== negated, was, count: 1 };
};

const tooMany = (found) => {
  const shown = found.slice(0, 3).map(describeWithText).join(', ');
  const more = found.length > 3 ? `, and ${found.length - 3} more` : '';
  return `${found.length} elements matched (${shown}${more}); say which with first(), nth() or filter()`;
};
