//! What a person reads in the console: the arguments of a call, put together as `DevTools` does it (Console Standard,
//! "Formatter" and "Printer").

use std::borrow::Cow;

use serde_json::Value;

use super::cut::Beginning;
use crate::devtools::protocol::Field;
use crate::devtools::protocol::runtime::RemoteObject;

/// How deep previews are looked into; the browser sends two levels.
const DEPTH: usize = 3;

/// How much of a function's source is shown, characters.
const FUNCTION: usize = 100;

/// The text of the call `kind` with these arguments; at most `most` bytes of it, and how long the whole is.
pub(super) fn of_call(kind: &str, args: &[Field<RemoteObject<'_>>], most: usize) -> (String, usize) {
    let mut text = Beginning::new(most);
    let mut args: Vec<&RemoteObject<'_>> = args.iter().filter_map(Field::get).collect();
    if kind == "assert" {
        text.push("Assertion failed");
        // What V8 says for want of a message.
        if let [only] = args.as_slice()
            && string(only) == Some("console.assert")
        {
            args.clear();
        }
        if !args.is_empty() {
            text.push(": ");
        }
    }
    let mut rest = args.as_slice();
    if let [first, others @ ..] = rest
        && let Some(format) = string(first)
        && !others.is_empty()
    {
        rest = formatted(&mut text, format, others);
        if !rest.is_empty() {
            text.push(" ");
        }
    }
    for (index, arg) in rest.iter().enumerate() {
        if index > 0 {
            text.push(" ");
        }
        text.push(&in_words(arg));
    }
    text.finish()
}

/// Replaces what stands for an argument in `format`; returns the arguments that are left.
fn formatted<'r, 'a>(
    text: &mut Beginning,
    format: &str,
    mut args: &'r [&'a RemoteObject<'a>],
) -> &'r [&'a RemoteObject<'a>] {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push(&rest[..at]);
        let specifier = rest[at + 1..].chars().next();
        let taken = match (specifier, args) {
            (Some('%'), _) => {
                text.push("%");
                true
            }
            (Some(specifier @ ('s' | 'd' | 'i' | 'f' | 'o' | 'O' | 'c')), [first, others @ ..]) => {
                match specifier {
                    'c' => {}
                    'd' | 'i' | 'f' if !is_number(first) => text.push("NaN"),
                    _ => text.push(&in_words(first)),
                }
                args = others;
                true
            }
            _ => false,
        };
        if taken {
            rest = &rest[at + 2..];
        } else {
            text.push("%");
            rest = &rest[at + 1..];
        }
    }
    text.push(rest);
    args
}

fn string<'v>(value: &'v RemoteObject<'_>) -> Option<&'v str> {
    (value.kind.text() == "string").then(|| value.value.get().and_then(Value::as_str)).flatten()
}

fn is_number(value: &RemoteObject<'_>) -> bool {
    matches!(value.kind.text(), "number" | "bigint")
}

/// A value as `DevTools` shows it on one line. Of an error without its stack, which stands elsewhere.
pub(super) fn in_words<'v>(value: &'v RemoteObject<'_>) -> Cow<'v, str> {
    if let Some(text) = string(value) {
        return text.into();
    }
    let description = value.description.text();
    match (value.kind.text(), value.subtype.text()) {
        (_, "error") => without_stack(description).into(),
        (_, "null") => "null".into(),
        ("undefined", _) => "undefined".into(),
        ("function", _) => function(description).into(),
        ("object", _) => match value.preview.get() {
            Some(preview) => previewed(preview, value.class_name.text(), DEPTH).into(),
            None if description.is_empty() => "Object".into(),
            None => description.into(),
        },
        _ => match (value.unserializable_value.text(), value.value.get()) {
            (text, _) if !text.is_empty() => text.into(),
            (_, Some(value)) => value.to_string().into(),
            _ => description.into(),
        },
    }
}

/// The description of an error up to its stack.
pub(super) fn without_stack(description: &str) -> &str {
    description.split("\n    at ").next().unwrap_or(description)
}

fn function(source: &str) -> String {
    let source = source.lines().next().unwrap_or_default();
    let short: String = source.chars().take(FUNCTION).collect();
    match short.strip_prefix("function") {
        Some(rest) => format!("ƒ{rest}"),
        None => short,
    }
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// An object by its preview: `{a: 1, …}`, `(2) [1, 'two']`, `Map(1) {'key' => 1}`.
fn previewed(preview: &Value, class: &str, depth: usize) -> String {
    let description = preview["description"].as_str().unwrap_or_default();
    let subtype = preview["subtype"].as_str().unwrap_or_default();
    match subtype {
        "error" => return without_stack(description).to_owned(),
        "null" => return "null".to_owned(),
        _ => {}
    }
    match preview["type"].as_str() {
        Some("string") => return quoted(description),
        Some("object") => {}
        _ => return description.to_owned(),
    }
    if depth == 0 {
        return description.to_owned();
    }
    let entries = list(preview, "entries");
    let properties = list(preview, "properties");
    let mut parts: Vec<String> = if entries.is_empty() && !matches!(subtype, "map" | "set" | "weakmap" | "weakset") {
        let is_array = matches!(subtype, "array" | "typedarray");
        let with_name = |property: &Value| {
            let name = property["name"].as_str().unwrap_or_default();
            let value = property_value(property, depth);
            if is_array && name.parse::<usize>().is_ok() { value } else { format!("{name}: {value}") }
        };
        properties.iter().map(with_name).collect()
    } else {
        let entry = |entry: &Value| {
            let value = previewed(&entry["value"], "", depth - 1);
            if entry["key"].is_null() {
                value
            } else {
                format!("{} => {value}", previewed(&entry["key"], "", depth - 1))
            }
        };
        entries.iter().map(entry).collect()
    };
    if preview["overflow"] == true {
        parts.push("…".to_owned());
    }
    let parts = parts.join(", ");
    match subtype {
        "array" => {
            let length = description.strip_prefix("Array").unwrap_or(description);
            format!("{length} [{parts}]").trim_start().to_owned()
        }
        "typedarray" => format!("{description} [{parts}]"),
        "" if description == "Object" && (class.is_empty() || class == "Object") => format!("{{{parts}}}"),
        "" | "map" | "set" | "weakmap" | "weakset" => format!("{description} {{{parts}}}"),
        // A date, an expression, an element: its description says it all.
        _ => description.to_owned(),
    }
}

fn property_value(property: &Value, depth: usize) -> String {
    let value = property["value"].as_str().unwrap_or_default();
    match property["type"].as_str().unwrap_or_default() {
        "string" => quoted(value),
        "function" => "ƒ".to_owned(),
        "accessor" => "(...)".to_owned(),
        "object" if property["valuePreview"].is_object() => previewed(&property["valuePreview"], "", depth - 1),
        "object" if value == "Object" => "{…}".to_owned(),
        _ => value.to_owned(),
    }
}
