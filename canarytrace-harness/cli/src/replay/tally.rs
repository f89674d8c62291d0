//! What was derived, counted by step.

use serde_json::Value;
use uuid::Uuid;

/// Sums of the documents of one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) requests: u64,
    /// Requests that failed or were blocked, or whose answer has a status of 400 or more.
    pub(super) failed: u64,
    /// Over the wire.
    pub(super) bytes: u64,
    /// Messages of the console, and exceptions.
    pub(super) messages: u64,
    /// Of these, those that are errors.
    pub(super) errors: u64,
}

/// Sums by step, in the order in which the steps began.
#[derive(Debug, Default)]
pub(super) struct Tally {
    steps: Vec<(Uuid, String, Sums)>,
    outside: Sums,
}

impl Tally {
    /// A step begins. Logs that were put together from several may tell of one twice.
    pub(super) fn begin(&mut self, step: Uuid, title: &str) {
        if !self.steps.iter().any(|(id, ..)| *id == step) {
            self.steps.push((step, title.to_owned(), Sums::default()));
        }
    }

    /// Counts a document.
    pub(super) fn add(&mut self, step: Option<Uuid>, dataset: &str, document: &Value) {
        let found = self.steps.iter_mut().find(|(id, ..)| Some(*id) == step);
        let sums = found.map_or(&mut self.outside, |(_, _, sums)| sums);
        if dataset == "request-log" {
            let failed = matches!(document["outcome"].as_str(), Some("failed" | "blocked"))
                || document["response"]["status"].as_i64().is_some_and(|status| status >= 400);
            let response = &document["response"];
            let bytes = response["totalEncodedDataLength"].as_u64().or_else(|| response["encodedDataLength"].as_u64());
            sums.requests += 1;
            sums.failed += u64::from(failed);
            sums.bytes = sums.bytes.saturating_add(bytes.unwrap_or_default());
        } else if dataset == "console" {
            sums.messages += 1;
            sums.errors += u64::from(document["level"] == "error");
        }
    }

    /// Title and sums of each step, then those of what is in none, if there is something.
    pub(super) fn lines(&self) -> Vec<(&str, &Sums)> {
        let mut lines: Vec<_> = self.steps.iter().map(|(_, title, sums)| (&**title, sums)).collect();
        if self.outside.requests + self.outside.messages > 0 {
            lines.push(("(outside of steps)", &self.outside));
        }
        lines
    }

    /// The sums of all.
    pub(super) fn all(&self) -> Sums {
        let mut all = Sums::default();
        for sums in self.steps.iter().map(|(_, _, sums)| sums).chain([&self.outside]) {
            all.requests += sums.requests;
            all.failed += sums.failed;
            all.bytes = all.bytes.saturating_add(sums.bytes);
            all.messages += sums.messages;
            all.errors += sums.errors;
        }
        all
    }
}
