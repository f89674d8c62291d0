//! What the script in a page tells of its performance timeline (`devtools/timeline.js`), batch by batch.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::devtools::protocol::{Event, Message};
use crate::devtools::timeline::BINDING;

/// An entry of the timeline as its `toJSON` gives it, with what the script looked up.
pub(super) type Entry = Map<String, Value>;

/// A batch of entries of one document, and what was known of the document then. Moments are ms since its time origin.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Batch {
    /// The document's own id: those of the browser's contexts begin anew with each process.
    pub(super) document: String,
    /// Why it was told now: began, idle, hidden, leaving, asked or restored.
    pub(super) because: String,
    pub(super) url: String,
    /// Whether anybody can see the page; in the first batch, whether anybody could in the beginning.
    pub(super) visible: bool,
    /// Whether it was rendered before anybody wanted to see it; in the first batch, whether it was so in the beginning.
    pub(super) prerendering: bool,
    /// Whether the browser had thrown its tab away, and loaded it anew.
    pub(super) discarded: bool,
    /// `performance.interactionCount`
    pub(super) interactions: u64,
    pub(super) moments: Vec<Moment>,
    /// How many entries were not kept, by their type.
    pub(super) missed: BTreeMap<String, u64>,
    pub(super) entries: Vec<Entry>,
    /// The entry of the navigation as far as it was, while the browser had not given it.
    pub(super) navigation: Option<Entry>,
}

/// Something that happened to a document.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Moment {
    /// visible, hidden, activated, restored, or painted after that.
    pub(super) what: String,
    pub(super) at: f64,
}

impl Batch {
    /// The batch in `message`, if it is one. `Some(Err)` for one that can't be read, as when a secret stood in its numbers
    /// and was masked.
    pub(super) fn of(message: &Message<'_>) -> Option<Result<Self, serde_json::Error>> {
        let Event::BindingCalled(called) = &message.event else { return None };
        (called.name.text() == BINDING).then(|| serde_json::from_str(called.payload.text()))
    }
}

/// A number of an entry.
pub(super) fn number(entry: &Entry, name: &str) -> Option<f64> {
    entry.get(name)?.as_f64()
}

/// A text of an entry; empty when there is none.
pub(super) fn text<'e>(entry: &'e Entry, name: &str) -> &'e str {
    entry.get(name).and_then(Value::as_str).unwrap_or_default()
}
