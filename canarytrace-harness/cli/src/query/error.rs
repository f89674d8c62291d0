//! What is wrong with a query: where, and what is allowed there.

use std::fmt;

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// Where: a place in the text, a path in the JSON, or a field.
    pub place: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl QueryError {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    /// At a byte of `text`, whose surroundings are shown.
    pub(super) fn at(text: &str, byte: usize, message: impl Into<String>) -> Self {
        let byte = (0..=byte.min(text.len())).rev().find(|byte| text.is_char_boundary(*byte)).unwrap_or(0);
        let column = text[..byte].chars().count() + 1;
        let rest: String = text[byte..].chars().take(20).collect();
        let place = if rest.is_empty() {
            format!("column {column}, the end of the query")
        } else {
            format!("column {column}, at `{rest}`")
        };
        Self::new(place, message)
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for QueryError {}
