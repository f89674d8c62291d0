//! How a text is compared: contained, exactly, by a regular expression, or not at all.

use std::fmt;

use serde::Serialize;

/// Which texts are meant. A plain `"…"` is a text that must be contained; see [`exact`], [`regex`] and [`any`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Match {
    /// Texts that contain this.
    Contains(String),
    /// This text and no other, white space at its ends aside.
    Exact(String),
    /// Texts in which this regular expression of JavaScript's dialect finds something; `^` and `$` are its ends.
    Regex(String),
    /// Every text.
    Any,
}

/// This text and no other.
pub fn exact(text: impl Into<String>) -> Match {
    Match::Exact(text.into())
}

/// Texts in which this regular expression finds something, in JavaScript's dialect: `regex("^Pay [0-9]+")`.
pub fn regex(pattern: impl Into<String>) -> Match {
    Match::Regex(pattern.into())
}

/// Every text, also an empty one.
pub fn any() -> Match {
    Match::Any
}

impl From<&str> for Match {
    fn from(text: &str) -> Self {
        Self::Contains(text.to_owned())
    }
}

impl From<String> for Match {
    fn from(text: String) -> Self {
        Self::Contains(text)
    }
}

impl From<&String> for Match {
    fn from(text: &String) -> Self {
        Self::Contains(text.clone())
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(text) => write!(f, "\"{text}\""),
            Self::Exact(text) => write!(f, "exactly \"{text}\""),
            Self::Regex(pattern) => write!(f, "regex \"{pattern}\""),
            Self::Any => f.write_str("any text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_match_is_told_to_scripts_by_kind_and_value() {
        let told = |text_match: Match| serde_json::to_value(text_match).unwrap();
        assert_eq!(told("Pay".into()), json!({ "kind": "contains", "value": "Pay" }));
        assert_eq!(told(exact("Pay")), json!({ "kind": "exact", "value": "Pay" }));
        assert_eq!(told(regex("^Pay")), json!({ "kind": "regex", "value": "^Pay" }));
        assert_eq!(told(any()), json!({ "kind": "any" }));
    }
}
