//! How a text is compared: a part of it, all of it, or by a regular expression.

use std::fmt;

use serde::Serialize;

use crate::config::{PatternText, all};

/// How a text is compared. White space counts as one blank, and none at the ends.
///
/// A `&str` or `String` is turned into [`Match::Contains`], which ignores case; [`exact`], [`regex()`] and [`any`] make the
/// others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Match {
    /// The text contains this, in lower or upper case.
    Contains(String),
    /// The text is this, case included.
    Exact(String),
    /// A regular expression of JavaScript, with the flag `u`, matches somewhere in the text.
    Regex(String),
    /// Every text will do, and none too.
    Any,
}

/// The text is exactly this, case included; white space counts as one blank, and none at the ends.
pub fn exact(text: impl Into<String>) -> Match {
    Match::Exact(text.into())
}

/// A regular expression matches somewhere in the text. Its dialect is JavaScript's, with the flag `u`: the browser
/// evaluates it.
pub fn regex(expression: impl Into<String>) -> Match {
    Match::Regex(expression.into())
}

/// Every text will do.
pub fn any() -> Match {
    Match::Any
}

/// As a pattern of URLs: a part, all of it, or a regular expression in the dialect of the Rust crate `regex`.
impl From<Match> for PatternText {
    fn from(wanted: Match) -> Self {
        match wanted {
            Match::Contains(part) => Self::Regex(format!("(?i){}", ::regex::escape(&part))),
            Match::Exact(url) => Self::Regex(format!("^{}$", ::regex::escape(&url))),
            Match::Regex(expression) => Self::Regex(expression),
            Match::Any => all(),
        }
    }
}

/// Runs of white space as one blank, none at the ends.
pub(crate) fn normal(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c == '\u{200b}')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

impl Match {
    /// Whether `text` matches; `None` for a regular expression, which only the browser can tell.
    pub(crate) fn matches(&self, text: &str) -> Option<bool> {
        match self {
            Self::Contains(part) => Some(normal(text).to_lowercase().contains(&normal(part).to_lowercase())),
            Self::Exact(whole) => Some(normal(text) == normal(whole)),
            Self::Regex(_) => None,
            Self::Any => Some(true),
        }
    }
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
            Self::Regex(expression) => write!(f, "/{expression}/"),
            Self::Any => f.write_str("anything"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_ignores_case_and_the_kind_of_white_space() {
        let wanted = Match::from("Pay  now");
        assert_eq!(wanted.matches("  please PAY\nnow! "), Some(true));
        assert_eq!(wanted.matches("pay"), Some(false));
    }

    #[test]
    fn an_exact_text_keeps_case() {
        assert_eq!(exact("Pay").matches(" Pay\n"), Some(true));
        assert_eq!(exact("Pay").matches("pay"), Some(false));
        assert_eq!(exact("Pay").matches("Pay now"), Some(false));
    }
}
