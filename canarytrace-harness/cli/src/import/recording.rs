//! A recording as the DevTools Recorder exports it: the schema of `@puppeteer/replay` 3.1.
//!
//! Unlike that schema's own parser this one also takes the limits of timeouts as advice, and keeps steps of types that
//! it does not know.

use serde_json::{Map, Value};

/// A recording.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) title: String,
    /// The attribute that the Recorder was told to make selectors of.
    pub(super) selector_attribute: Option<String>,
    pub(super) steps: Vec<Step>,
}

/// A step of the recording.
#[derive(Debug)]
pub(super) struct Step {
    /// Its place, from 1.
    pub(super) number: usize,
    /// Its type, as the recording has it.
    pub(super) kind: String,
    /// URL of another window; `None` is the one that the recording began in.
    pub(super) target: Option<String>,
    /// The way to its frame: at each level the place among the frames, from 0.
    pub(super) frame: Vec<usize>,
    /// Navigations that it leads to.
    pub(super) navigations: Vec<Navigation>,
    pub(super) action: Action,
}

/// A navigation that a step leads to.
#[derive(Debug)]
pub(super) struct Navigation {
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Action {
    SetViewport {
        width: f64,
        height: f64,
        is_mobile: bool,
    },
    EmulateNetwork {
        download: f64,
        upload: f64,
        latency: f64,
    },
    Navigate {
        url: String,
    },
    Click {
        target: Selectors,
        button: Button,
        double: bool,
        x: f64,
        y: f64,
    },
    Hover {
        target: Selectors,
    },
    Change {
        target: Selectors,
        value: String,
    },
    KeyDown {
        key: String,
    },
    KeyUp {
        key: String,
    },
    Scroll {
        target: Option<Selectors>,
        x: f64,
        y: f64,
    },
    WaitForElement(Box<WaitForElement>),
    WaitForExpression {
        expression: String,
    },
    Close,
    Custom {
        name: String,
    },
    /// A type that the schema did not have when this was written.
    Unknown,
}

/// What is waited for of an element.
#[derive(Debug)]
pub(super) struct WaitForElement {
    pub(super) target: Selectors,
    pub(super) operator: Operator,
    pub(super) count: usize,
    /// `false` turns the whole expectation around.
    pub(super) visible: bool,
    pub(super) properties: Map<String, Value>,
    pub(super) attributes: Vec<(String, String)>,
}

/// How a number of elements is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    AtLeast,
    Exactly,
    AtMost,
}

/// A button of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Button {
    Primary,
    Auxiliary,
    Secondary,
    Back,
    Forward,
}

/// Alternative ways to one element; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selectors(pub(super) Vec<Way>);

/// A way to an element: through the hosts of shadow roots, or other elements around it, to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) around: Vec<Part>,
    pub(super) element: Part,
}

/// One selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `aria/Name[role="button"]`; the name is empty when only the role matters.
    Aria {
        name: String,
        role: Option<String>,
    },
    Css(String),
    Pierce(String),
    Text(String),
    XPath(String),
}

impl Part {
    /// `getSelectorType` of the schema: a prefix, else CSS.
    fn parse(selector: &str) -> Self {
        let prefixed = selector.split_once('/');
        match prefixed {
            Some(("aria", rest)) => aria(rest),
            Some(("css", rest)) => Self::Css(rest.to_owned()),
            Some(("pierce", rest)) => Self::Pierce(rest.to_owned()),
            Some(("text", rest)) => Self::Text(rest.to_owned()),
            Some(("xpath", rest)) => Self::XPath(rest.to_owned()),
            _ => Self::Css(selector.to_owned()),
        }
    }
}

/// Puppeteer's syntax: attributes `[role="…"]` and `[name="…"]` anywhere, and what is left is the name.
fn aria(selector: &str) -> Part {
    let (mut name, mut role, mut named) = (String::new(), None, None);
    let mut rest = selector;
    while let Some(start) = rest.find('[') {
        name += &rest[..start];
        rest = &rest[start..];
        if let Some((attribute, value, after)) = attribute(rest) {
            match attribute {
                "role" => role = Some(value.to_owned()),
                _ => named = Some(value.to_owned()),
            }
            rest = after;
        } else {
            // A bracket of the name itself.
            name.push('[');
            rest = &rest[1..];
        }
    }
    name += rest;
    let name = named.unwrap_or_else(|| name.split_whitespace().collect::<Vec<_>>().join(" "));
    Part::Aria { name, role: role.filter(|role| !role.is_empty()) }
}

/// `[role="button"]` at the beginning of a text: attribute, value, and what follows.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let inner = text.strip_prefix('[')?.trim_start();
    let name = ["role", "name"].into_iter().find(|name| inner.starts_with(name))?;
    let value = inner[name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, after) = value[1..].split_once(quote)?;
    Some((name, value, after.trim_start().strip_prefix(']')?))
}

/// Reads a recording.
///
/// # Errors
/// What is wrong, with the place and the type of the step it is wrong in, and what to do.
pub(super) fn parse(text: &str) -> Result<Recording, String> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| format!("no valid JSON: {error}; in the Recorder choose Export, then \"JSON\""))?;
    let not_one =
        |what: &str| format!("no recording of the DevTools Recorder: {what}; choose Export, then \"JSON\" there");
    let Value::Object(recording) = &value else { return Err(not_one("it is no JSON object")) };
    let title = match recording.get("title") {
        Some(Value::String(title)) => title.clone(),
        None => return Err(not_one("it has no \"title\"")),
        Some(other) => return Err(not_one(&format!("its \"title\" is {}, not a text", kind_of(other)))),
    };
    let steps = match recording.get("steps") {
        Some(Value::Array(steps)) => steps,
        None => return Err(not_one("it has no \"steps\"")),
        Some(other) => return Err(not_one(&format!("its \"steps\" are {}, not a list", kind_of(other)))),
    };
    let selector_attribute = recording.get("selectorAttribute").and_then(Value::as_str);
    let selector_attribute = selector_attribute.filter(|name| !name.is_empty()).map(str::to_owned);
    let count = steps.len();
    let steps: Result<_, _> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| {
            read_step(index + 1, step).map_err(|(kind, problem)| {
                let kind = kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
                format!("step {} of {count}{kind}: {problem}", index + 1)
            })
        })
        .collect();
    Ok(Recording { title, selector_attribute, steps: steps? })
}

/// Its type, if it has one, and what is wrong.
type Wrong = (Option<String>, String);

fn read_step(number: usize, step: &Value) -> Result<Step, Wrong> {
    let Value::Object(fields) = step else {
        return Err((None, format!("it is {}, not an object: remove it, or record it again", kind_of(step))));
    };
    let kind = match fields.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        None => return Err((None, "it has no \"type\": remove it, or record it again".to_owned())),
        Some(other) => return Err((None, format!("its \"type\" is {}, not a text", kind_of(other)))),
    };
    read_fields(number, &kind, &Fields(fields)).map_err(|problem| (Some(kind), problem))
}

fn read_fields(number: usize, kind: &str, fields: &Fields<'_>) -> Result<Step, String> {
    let action = match kind {
        "setViewport" => Action::SetViewport {
            width: fields.number("width")?,
            height: fields.number("height")?,
            is_mobile: fields.switch("isMobile")?.unwrap_or(false),
        },
        "emulateNetworkConditions" => Action::EmulateNetwork {
            download: fields.number("download")?,
            upload: fields.number("upload")?,
            latency: fields.number("latency")?,
        },
        "navigate" => Action::Navigate { url: fields.text("url")? },
        "click" | "doubleClick" => Action::Click {
            target: fields.selectors()?,
            button: fields.button()?,
            double: kind == "doubleClick",
            x: fields.number("offsetX")?,
            y: fields.number("offsetY")?,
        },
        "hover" => Action::Hover { target: fields.selectors()? },
        "change" => Action::Change { target: fields.selectors()?, value: fields.text("value")? },
        "keyDown" => Action::KeyDown { key: fields.text("key")? },
        "keyUp" => Action::KeyUp { key: fields.text("key")? },
        "scroll" => Action::Scroll {
            target: if fields.get("selectors").is_some() { Some(fields.selectors()?) } else { None },
            x: fields.optional("x", "a number", Value::as_f64)?.unwrap_or(0.0),
            y: fields.optional("y", "a number", Value::as_f64)?.unwrap_or(0.0),
        },
        "waitForElement" => Action::WaitForElement(Box::new(fields.wait_for_element()?)),
        "waitForExpression" => Action::WaitForExpression { expression: fields.text("expression")? },
        "close" => Action::Close,
        "customStep" => Action::Custom { name: fields.text("name")? },
        _ => Action::Unknown,
    };
    let target = fields.optional("target", "a text", |value| value.as_str().map(str::to_owned))?;
    Ok(Step {
        number,
        kind: kind.to_owned(),
        target: target.filter(|target| target != "main"),
        frame: fields.frame()?,
        navigations: fields.navigations()?,
        action,
    })
}

/// The fields of a step. A `null` is as good as none.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn optional<'v, T>(
        &'v self,
        name: &str,
        what: &str,
        read: impl Fn(&'v Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| format!("its \"{name}\" is {}, not {what}", kind_of(value)))
    }

    fn required<'v, T>(&'v self, name: &str, what: &str, read: impl Fn(&'v Value) -> Option<T>) -> Result<T, String> {
        self.optional(name, what, read)?
            .ok_or_else(|| format!("it has no \"{name}\", which is {what}: record the step again, or add it by hand"))
    }

    fn text(&self, name: &str) -> Result<String, String> {
        self.required(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    fn number(&self, name: &str) -> Result<f64, String> {
        self.required(name, "a number", Value::as_f64)
    }

    fn switch(&self, name: &str) -> Result<Option<bool>, String> {
        self.optional(name, "true or false", Value::as_bool)
    }

    fn button(&self) -> Result<Button, String> {
        let Some(name) = self.optional("button", "a text", Value::as_str)? else { return Ok(Button::Primary) };
        Ok(match name {
            "primary" => Button::Primary,
            "auxiliary" => Button::Auxiliary,
            "secondary" => Button::Secondary,
            "back" => Button::Back,
            "forward" => Button::Forward,
            other => {
                return Err(format!(
                    "its \"button\" is {other:?}: there are primary, auxiliary, secondary, back and forward"
                ));
            }
        })
    }

    fn frame(&self) -> Result<Vec<usize>, String> {
        let place = |value: &Value| value.as_u64().and_then(|place| usize::try_from(place).ok());
        let places = |value: &Value| value.as_array()?.iter().map(place).collect();
        Ok(self.optional("frame", "a list of whole numbers", places)?.unwrap_or_default())
    }

    fn selectors(&self) -> Result<Selectors, String> {
        let list = self.required("selectors", "a list of selectors", Value::as_array)?;
        let wrong = |index: usize, what: &str| Err(format!("its \"selectors\"[{index}] is {what}"));
        let mut ways = Vec::new();
        for (index, selector) in list.iter().enumerate() {
            let texts = match selector {
                Value::String(text) => vec![text.as_str()],
                Value::Array(parts) => match parts.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
                    Some(texts) => texts,
                    None => return wrong(index, "a list with something else than texts in it"),
                },
                other => return wrong(index, &format!("{}, not a text or a list of texts", kind_of(other))),
            };
            let mut parts: Vec<Part> = texts.into_iter().map(Part::parse).collect();
            let Some(element) = parts.pop() else { return wrong(index, "an empty list") };
            ways.push(Way { around: parts, element });
        }
        if ways.is_empty() {
            return Err("its \"selectors\" are an empty list: add one by hand, or record the step again".to_owned());
        }
        Ok(Selectors(ways))
    }

    fn wait_for_element(&self) -> Result<WaitForElement, String> {
        // The schema's documentation says that `==` is the default; what plays recordings takes `>=`.
        let operator = match self.optional("operator", "a text", Value::as_str)? {
            None | Some(">=") => Operator::AtLeast,
            Some("==") => Operator::Exactly,
            Some("<=") => Operator::AtMost,
            Some(other) => return Err(format!("its \"operator\" is {other:?}: there are >=, == and <=")),
        };
        let whole = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
        let attributes = self.optional("attributes", "an object of texts", |value| {
            let pair = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
            value.as_object()?.iter().map(pair).collect::<Option<Vec<_>>>()
        })?;
        Ok(WaitForElement {
            target: self.selectors()?,
            operator,
            count: self.optional("count", "a whole number", whole)?.unwrap_or(1),
            visible: self.switch("visible")?.unwrap_or(true),
            properties: self.optional("properties", "an object", Value::as_object)?.cloned().unwrap_or_default(),
            attributes: attributes.unwrap_or_default(),
        })
    }

    fn navigations(&self) -> Result<Vec<Navigation>, String> {
        let events = self.optional("assertedEvents", "a list", Value::as_array)?;
        let navigation = |event: &Value| {
            let Value::Object(event) = event else {
                return Err(format!("one of its \"assertedEvents\" is {}, not an object", kind_of(event)));
            };
            let event = Fields(event);
            match event.text("type")?.as_str() {
                "navigation" => Ok(Navigation {
                    url: event.optional("url", "a text", |value| value.as_str().map(str::to_owned))?,
                    title: event.optional("title", "a text", |value| value.as_str().map(str::to_owned))?,
                }),
                other => {
                    Err(format!("it asserts an event of type {other:?}, and only \"navigation\" is known: remove it"))
                }
            }
        };
        events.into_iter().flatten().map(navigation).collect()
    }
}

/// A kind of JSON, for messages.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(json: &str) -> Result<Step, String> {
        parse(&format!(r#"{{"title":"t","steps":[{json}]}}"#)).map(|mut recording| recording.steps.remove(0))
    }

    #[test]
    fn every_form_of_a_selector_is_told_apart() {
        let aria = |name: &str, role: Option<&str>| Part::Aria { name: name.into(), role: role.map(str::to_owned) };
        for (text, part) in [
            ("aria/Log in", aria("Log in", None)),
            (r#"aria/Log in[role="button"]"#, aria("Log in", Some("button"))),
            (r#"aria/[role="main"]"#, aria("", Some("main"))),
            (r#"aria/[name="Pay"][role='button']"#, aria("Pay", Some("button"))),
            ("aria/Items [3] in all", aria("Items [3] in all", None)),
            ("aria/a/b", aria("a/b", None)),
            ("text/Log in", Part::Text("Log in".into())),
            ("xpath///*[@id=\"a\"]", Part::XPath("//*[@id=\"a\"]".into())),
            ("pierce/#a", Part::Pierce("#a".into())),
            ("css/#a", Part::Css("#a".into())),
            ("#a > b", Part::Css("#a > b".into())),
            ("a[href='/x']", Part::Css("a[href='/x']".into())),
        ] {
            assert_eq!(Part::parse(text), part, "{text}");
        }
    }

    #[test]
    fn a_selector_is_a_text_or_the_way_through_shadow_roots() {
        let step = step(r##"{"type":"hover","selectors":["#a",["my-app","#b"]],"frame":[0,2]}"##).unwrap();
        let Action::Hover { target } = step.action else { panic!("{step:?}") };
        assert_eq!(target.0[0], Way { around: vec![], element: Part::Css("#a".into()) });
        assert_eq!(target.0[1], Way { around: vec![Part::Css("my-app".into())], element: Part::Css("#b".into()) });
        assert_eq!(step.frame, [0, 2]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_what_to_do() {
        for (recording, problem) in [
            ("{", "no valid JSON"),
            ("[]", "it is no JSON object"),
            ("{}", "it has no \"title\""),
            (r#"{"title":1}"#, "its \"title\" is a number"),
            (r#"{"title":"t"}"#, "it has no \"steps\""),
            (r#"{"title":"t","steps":{}}"#, "its \"steps\" are an object"),
        ] {
            let error = parse(recording).unwrap_err();
            assert!(error.contains(problem) && error.contains("choose Export"), "{error}");
        }
        for (json, problem) in [
            ("1", "step 1 of 1: it is a number, not an object"),
            ("{}", "step 1 of 1: it has no \"type\""),
            (r#"{"type":1}"#, "step 1 of 1: its \"type\" is a number"),
            (
                r#"{"type":"navigate"}"#,
                "step 1 of 1 (navigate): it has no \"url\", which is a text: record the step again",
            ),
            (r#"{"type":"click","offsetX":1,"offsetY":1}"#, "(click): it has no \"selectors\""),
            (
                r#"{"type":"click","selectors":[],"offsetX":1,"offsetY":1}"#,
                "(click): its \"selectors\" are an empty list",
            ),
            (r#"{"type":"click","selectors":[1],"offsetX":1,"offsetY":1}"#, "its \"selectors\"[0] is a number"),
            (r#"{"type":"click","selectors":[[]],"offsetX":1,"offsetY":1}"#, "its \"selectors\"[0] is an empty list"),
            (r#"{"type":"click","selectors":[["a",2]],"offsetX":1,"offsetY":1}"#, "something else than texts"),
            (
                r#"{"type":"click","selectors":["a"],"offsetX":"1","offsetY":1}"#,
                "its \"offsetX\" is a text, not a number",
            ),
            (r#"{"type":"click","selectors":["a"],"offsetX":1,"offsetY":1,"button":"left"}"#, "\"button\" is \"left\""),
            (r#"{"type":"hover","selectors":["a"],"frame":["0"]}"#, "its \"frame\" is a list, not a list of whole"),
            (r#"{"type":"waitForElement","selectors":["a"],"operator":"<"}"#, "\"operator\" is \"<\""),
            (r#"{"type":"waitForElement","selectors":["a"],"attributes":{"a":1}}"#, "not an object of texts"),
            (r#"{"type":"close","assertedEvents":[{"type":"load"}]}"#, "type \"load\", and only \"navigation\""),
        ] {
            let error = step(json).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
