//! What can be expected something of, and limits.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::Result;
use super::response::Response;
use super::timings::Phase;
use crate::record::Failure;

/// A part of a response that is expected something of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The status.
    Status,
    /// A header, with all its values.
    Header(String),
    /// The body as text.
    Body,
    /// What a JSON path finds in the body.
    JsonPath(String),
    /// How long a phase took, in ms.
    Timing(Phase),
}

/// The status, a number, for [`Response::expect`].
pub fn status() -> Subject {
    Subject::Status
}

/// A header by its name in any case, for [`Response::expect`].
pub fn header(name: impl Into<String>) -> Subject {
    Subject::Header(name.into())
}

/// The body as text, for [`Response::expect`].
pub fn body() -> Subject {
    Subject::Body
}

/// What a JSON path such as `$.items[0].name` (RFC 9535) finds in the body, for [`Response::expect`].
pub fn json_path(path: impl Into<String>) -> Subject {
    Subject::JsonPath(path.into())
}

/// How long a phase took, in ms, for [`Response::expect`].
pub fn timing(phase: Phase) -> Subject {
    Subject::Timing(phase)
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => write!(f, "the status"),
            Self::Header(name) => write!(f, "the header {name}"),
            Self::Body => write!(f, "the body"),
            Self::JsonPath(path) => write!(f, "{path}"),
            Self::Timing(phase @ Phase::Total) => write!(f, "the {phase} time"),
            Self::Timing(phase) => write!(f, "the time of the {phase}"),
        }
    }
}

impl Subject {
    /// Every value of it that the response has.
    pub(super) fn values(&self, response: &Response) -> Result<Vec<Value>> {
        match self {
            Self::Status => Ok(vec![response.status().into()]),
            Self::Header(name) => Ok(response.header_values(name).map(Value::from).collect()),
            Self::Body => Ok(vec![response.text()?.into()]),
            Self::JsonPath(path) => response.json_path_all(path),
            Self::Timing(phase) => Ok(response.timings().phase(*phase).map(Value::from).into_iter().collect()),
        }
    }

    /// A value as a message shows it.
    pub(super) fn show(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Timing(_), Value::Number(ms)) => format!("{ms} ms"),
            (_, value) => super::shortened(&value.to_string()),
        }
    }
}

/// An upper or lower limit: a number, a [`Duration`], or for times a text such as `"500ms"` or `"1.5s"`.
#[derive(Clone, Debug)]
pub struct Limit(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Number(f64),
    Text(String),
}

impl Limit {
    /// The limit in the unit of `subject`.
    pub(super) fn number(&self, subject: &Subject) -> Result<f64> {
        match (&self.0, subject) {
            (Kind::Number(number), _) => Ok(*number),
            (Kind::Text(text), Subject::Timing(_)) => {
                let duration: Option<Duration> =
                    text.parse::<jiff::SignedDuration>().ok().and_then(|duration| duration.try_into().ok());
                duration.map(|duration| duration.as_secs_f64() * 1000.0).ok_or_else(|| {
                    Failure::harness(format!("\"{text}\" is no limit of a time, write it as \"500ms\" or \"1.5s\""))
                })
            }
            (Kind::Text(text), subject) => {
                Err(Failure::harness(format!("\"{text}\" is no limit of {subject}, which is compared with a number")))
            }
        }
    }
}

impl From<&str> for Limit {
    fn from(text: &str) -> Self {
        Self(Kind::Text(text.to_owned()))
    }
}

impl From<Duration> for Limit {
    fn from(duration: Duration) -> Self {
        Self(Kind::Number(duration.as_secs_f64() * 1000.0))
    }
}

impl From<f64> for Limit {
    fn from(number: f64) -> Self {
        Self(Kind::Number(number))
    }
}

impl From<i32> for Limit {
    fn from(number: i32) -> Self {
        Self(Kind::Number(number.into()))
    }
}

impl From<u32> for Limit {
    fn from(number: u32) -> Self {
        Self(Kind::Number(number.into()))
    }
}
