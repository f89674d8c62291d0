//! Expectations of a response.

use regex::Regex;
use serde_json::Value;

use super::Result;
use super::expected::{Limit, Subject};
use super::response::Response;
use crate::record::{Failure, FailureKind};

/// An expectation of a response. Nothing waits here: a response does not change.
///
/// Of a header or a JSON path with several values, one of them has to be as expected, and none with
/// [`not`](Self::not). What is not there is never as expected, with `not` neither: a misspelt path does not pass.
#[must_use = "nothing is expected until one of its methods is called"]
#[derive(Clone, Debug)]
pub struct Expect<'a> {
    response: &'a Response,
    subject: Subject,
    negated: bool,
    soft: bool,
}

impl<'a> Expect<'a> {
    pub(super) fn new(response: &'a Response, subject: Subject) -> Self {
        Self { response, subject, negated: false, soft: false }
    }

    /// A failure is noted instead of returned.
    pub(super) fn softly(self) -> Self {
        Self { soft: true, ..self }
    }

    /// Expects the contrary.
    #[expect(clippy::should_implement_trait, reason = "it reads like what a person says: expect not to be")]
    pub fn not(self) -> Self {
        Self { negated: !self.negated, ..self }
    }

    /// It is exactly this: a number, a text, a truth value or any JSON.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it is not; [`FailureKind::HttpStatus`] when it is a status of 400 or above.
    pub fn to_be(self, expected: impl Into<Value>) -> Result {
        let expected = expected.into();
        let header = matches!(self.subject, Subject::Header(_));
        self.any(&format!("to be {expected}"), |value| equal(value, &expected, header))
    }

    /// A text contains this text, a list has this element, an object has all of these fields with their values.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it does not.
    pub fn to_contain(self, expected: impl Into<Value>) -> Result {
        let expected = expected.into();
        self.any(&format!("to contain {expected}"), |value| contains(value, &expected))
    }

    /// A text, or a number as text, matches this regular expression somewhere (dialect of the Rust crate `regex`).
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it does not, [`FailureKind::Harness`] when it is no regular expression.
    pub fn to_match(self, pattern: &str) -> Result {
        let regex = Regex::new(pattern)
            .map_err(|error| Failure::harness(format!("\"{pattern}\" is no regular expression: {error}")))?;
        self.any(&format!("to match /{pattern}/"), |value| match value {
            Value::String(text) => regex.is_match(text),
            other => regex.is_match(&other.to_string()),
        })
    }

    /// A number, or a time in ms, is below this limit.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it is not, [`FailureKind::Harness`] when the limit is none.
    pub fn to_be_below(self, limit: impl Into<Limit>) -> Result {
        let limit = limit.into().number(&self.subject)?;
        let wanted = format!("to be below {}", self.subject.show(&limit.into()));
        self.any(&wanted, |value| value.as_f64().is_some_and(|number| number < limit))
    }

    /// A number, or a time in ms, is above this limit.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it is not, [`FailureKind::Harness`] when the limit is none.
    pub fn to_be_above(self, limit: impl Into<Limit>) -> Result {
        let limit = limit.into().number(&self.subject)?;
        let wanted = format!("to be above {}", self.subject.show(&limit.into()));
        self.any(&wanted, |value| value.as_f64().is_some_and(|number| number > limit))
    }

    /// There are this many values: what a JSON path finds, or headers of this name.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when there are more or fewer.
    pub fn to_have_count(self, expected: usize) -> Result {
        let values = self.subject.values(self.response);
        let verdict = values.and_then(|values| {
            self.judge(&format!("to have {expected} values"), values.len() == expected, || match &values[..] {
                [Value::Array(items)] => {
                    format!("there is 1, a list of {}; `[*]` at the path's end finds its items", items.len())
                }
                values => format!("there are {}", values.len()),
            })
        });
        self.settle(verdict)
    }

    /// There is such a header, or something at this path.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when there is not.
    pub fn to_exist(self) -> Result {
        let values = self.subject.values(self.response);
        let verdict = values.and_then(|values| self.judge("to exist", !values.is_empty(), || self.got(&values)));
        self.settle(verdict)
    }

    /// One of the values is as expected.
    fn any(self, wanted: &str, holds: impl Fn(&Value) -> bool) -> Result {
        let values = self.subject.values(self.response);
        let verdict = values.and_then(|values| {
            if values.is_empty() {
                return Err(self.failure(wanted, &self.got(&values)));
            }
            self.judge(wanted, values.iter().any(holds), || self.got(&values))
        });
        self.settle(verdict)
    }

    fn judge(&self, wanted: &str, holds: bool, got: impl FnOnce() -> String) -> Result {
        if holds == self.negated { Err(self.failure(wanted, &got())) } else { Ok(()) }
    }

    fn got(&self, values: &[Value]) -> String {
        match (values, &self.subject) {
            ([], Subject::Timing(_)) => "there was no such phase".to_owned(),
            ([], _) => "it is not there".to_owned(),
            ([value], _) => format!("it was {}", self.subject.show(value)),
            (values, _) => {
                let shown: Vec<_> = values.iter().take(5).map(|value| self.subject.show(value)).collect();
                let more = if values.len() > shown.len() { ", …" } else { "" };
                format!("there were {} values: {}{more}", values.len(), shown.join(", "))
            }
        }
    }

    fn failure(&self, wanted: &str, got: &str) -> Failure {
        let Self { response, subject, negated, .. } = self;
        let not = if *negated { "not " } else { "" };
        let mut message = format!(
            "expected {subject} of {} {not}{wanted}, but {got} (answered with {})",
            response.request(),
            response.answered()
        );
        // What the server has to say for itself, and what is there where a path finds nothing.
        if matches!(subject, Subject::Status) || (matches!(subject, Subject::JsonPath(_)) && !*negated) {
            message = format!("{message}\nthe body begins: {}", response.beginning());
        }
        let bad_status = matches!(subject, Subject::Status) && response.status() >= 400;
        let kind = if bad_status { FailureKind::HttpStatus } else { FailureKind::Assertion };
        Failure::new(kind, message)
    }

    fn settle(&self, verdict: Result) -> Result {
        match verdict {
            // A mistake in the monitor itself is none of the application.
            Err(failure) if self.soft && failure.kind != FailureKind::Harness => {
                self.response.note(failure);
                Ok(())
            }
            verdict => verdict,
        }
    }
}

/// Numbers are equal by value; a header's text equals the number that it spells.
fn equal(value: &Value, expected: &Value, header: bool) -> bool {
    match (value, expected) {
        (Value::Number(value), Value::Number(expected)) => {
            value == expected || (value.is_f64() != expected.is_f64() && value.as_f64() == expected.as_f64())
        }
        (Value::String(text), Value::Number(number)) if header => text.trim() == number.to_string(),
        (value, expected) => value == expected,
    }
}

fn contains(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::Array(items), expected) => items.iter().any(|item| equal(item, expected, false)),
        (Value::Object(fields), Value::Object(expected)) => {
            expected.iter().all(|(name, wanted)| fields.get(name).is_some_and(|value| equal(value, wanted, false)))
        }
        _ => false,
    }
}
