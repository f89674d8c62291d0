//! What went wrong, of which kind, and whose fault it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of failure ended a step or a run. The values are stored as `errType` and `error.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// A check of the monitor did not hold, or the monitor panicked or returned an error of its own.
    Assertion,
    /// No element, or too many, answered to a locator, or none could be acted upon.
    Locator,
    /// A step or the whole monitor ran longer than it may.
    Timeout,
    /// The browser could not open the page: name lookup, connection, redirect loop, a window that closed itself.
    Navigation,
    /// The navigation was answered with a status of 400 or above.
    HttpStatus,
    /// A budget declared in `#[monitor]` was exceeded, or had no data.
    Budget,
    /// The certificate or the TLS handshake of the target was refused.
    Tls,
    /// The browser, its tab or its driver died or could not be started.
    BrowserCrash,
    /// The browser's tab ran out of memory.
    OutOfMemory,
    /// Canarytrace, its configuration or its surroundings failed; includes an interruption by a signal.
    Harness,
}

impl FailureKind {
    /// The fault that a failure of this kind has unless the place that made it knows better.
    pub fn usual_fault(self) -> Fault {
        match self {
            Self::Assertion
            | Self::Locator
            | Self::Timeout
            | Self::Navigation
            | Self::HttpStatus
            | Self::Budget
            | Self::Tls => Fault::Application,
            Self::BrowserCrash | Self::OutOfMemory => Fault::Browser,
            Self::Harness => Fault::Harness,
        }
    }

    /// The name as it is stored: `http_status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
            Self::Locator => "locator",
            Self::Timeout => "timeout",
            Self::Navigation => "navigation",
            Self::HttpStatus => "http_status",
            Self::Budget => "budget",
            Self::Tls => "tls",
            Self::BrowserCrash => "browser_crash",
            Self::OutOfMemory => "out_of_memory",
            Self::Harness => "harness",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose fault a failure is: whether to wake the application's team, the network's, or ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The monitored application.
    Application,
    /// The way to it: name lookup, routing, proxies.
    Network,
    /// The browser or its driver.
    Browser,
    /// Canarytrace, its configuration, or the machine it runs on.
    Harness,
}

impl Fault {
    /// The name as it is stored: `application`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
            Self::Browser => "browser",
            Self::Harness => "harness",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a step or a run failed.
///
/// The page API returns it, and any other error turns into one with `?` (kind [`FailureKind::Assertion`]: what the
/// monitor's author checked did not hold). That is why it does not implement [`std::error::Error`] itself, like
/// `anyhow::Error`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// Whose fault it is.
    pub fault: Fault,
    /// What happened, where, and what to do, in one or more lines.
    pub message: String,
}

impl Failure {
    /// A failure of `kind` with the fault that this kind usually has.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, fault: kind.usual_fault(), message: message.into() }
    }

    /// The same failure, blamed on `fault`.
    #[must_use]
    pub fn blame(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// Our own failure: configuration, machine, bug.
    pub fn harness(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Harness, message)
    }

    /// The same failure with `context` before its message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} fault): {}", self.kind, self.fault, self.message)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many libraries repeat the cause in their own text.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            source = cause.source();
        }
        Self::new(FailureKind::Assertion, message)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The first attempt passed.
    Passed,
    /// The first attempt passed, and broke a budget that only warns.
    Degraded,
    /// An attempt failed and a later one passed.
    Flaky,
    /// No attempt passed.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_error_becomes_an_assertion_with_its_causes() {
        fn parse() -> Result<i32, Failure> {
            Ok("x".parse::<i32>()?)
        }
        let failure = parse().unwrap_err();
        assert_eq!(failure.kind, FailureKind::Assertion);
        assert_eq!(failure.fault, Fault::Application);
        assert_eq!(failure.message, "invalid digit found in string");
    }

    #[test]
    fn the_stored_name_of_a_kind_is_the_serialized_one() {
        for kind in [FailureKind::HttpStatus, FailureKind::BrowserCrash, FailureKind::OutOfMemory, FailureKind::Tls] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
