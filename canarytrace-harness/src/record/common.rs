//! The fields that every document has, and its id.

use super::document::{Absent, Dataset, Mapping, document};
use super::truncated::Truncated;
use serde_json::Value;
use uuid::Uuid;

document! {
    /// Which monitor a document belongs to.
    pub struct MonitorRef {
        /// Stable id: the monitor's name.
        id: String => "id": Mapping::Keyword,
        /// Its module path and function, or the URL in smoke mode.
        name: String => "name": Mapping::Keyword,
    }
}

document! {
    /// Which version of the monitors a document was made by.
    pub struct GitRef {
        /// SHA of the commit.
        revision: String => "revision": Mapping::Keyword,
    }
}

impl Absent for MonitorRef {}
impl Absent for GitRef {}

document! {
    /// The fields that every document has, whatever its dataset.
    pub struct Common {
        /// The moment the document was made, RFC 3339 in UTC with milliseconds.
        at_timestamp: String => "@timestamp": Mapping::Date,
        /// The same moment in milliseconds since the epoch.
        timestamp: i64 => "timestamp": Mapping::Date,
        /// The run: one execution of one monitor; all its attempts share it (UUID version 7).
        uuid: Uuid => "uuid": Mapping::Keyword,
        /// Number of the attempt within the run, from 1.
        attempt: u32 => "attempt": Mapping::Long,
        /// Number of the iteration within the attempt, from 1; none where there is only one.
        iteration: Option<u32> => "iteration": Mapping::Long,
        /// Position of the document within the run, from 1, over all datasets.
        sequence: u64 => "sequence": Mapping::Long,
        /// The monitor; an object in every dataset, so that `summary` can add Heartbeat's fields to it.
        monitor: MonitorRef => "monitor": Mapping::Object(MonitorRef::FIELDS),
        /// What was asked to run, as in SPEC; the same as `monitor.name`.
        spec: String => "spec": Mapping::Keyword,
        /// Free texts of the operator (LABELS), then the monitor's tags.
        labels: Vec<String> => "labels": Mapping::TextRaw,
        /// Where the run was made (`CANARYTRACE_LOCATION`, else the host's name).
        location: String => "location": Mapping::Keyword,
        /// Which version of the monitors it is of, where that is known; an object, so that `summary` can add to it.
        git: Option<GitRef> => "git": Mapping::Object(GitRef::FIELDS),
        /// The step within which the document was made.
        uuid_action: Option<Uuid> => "uuidAction": Mapping::Keyword,
        /// Texts that were cut; also by the shipper, when a cluster refuses the document for its size.
        truncated: Option<Vec<Truncated>> => "truncated": Mapping::Object(Truncated::FIELDS),
    }
}

/// The id of a document: the same document always has the same one, so that sending it twice stores it once.
///
/// All its parts are fields of the document itself, so a reader of the spool can make it again.
pub fn document_id(uuid: Uuid, attempt: u32, dataset: &str, sequence: u64) -> String {
    format!("{uuid}-{attempt}-{dataset}-{sequence}")
}

/// Serialises a document with its common fields into one JSON object; objects that both have (`monitor`) are merged.
///
/// # Errors
/// Only when a value can't be written as JSON, for example a map with keys that are no text.
pub fn assemble<D: Dataset>(common: &Common, document: &D) -> serde_json::Result<Value> {
    let mut whole = serde_json::to_value(common)?;
    merge(&mut whole, serde_json::to_value(document)?);
    Ok(whole)
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(present) => merge(present, value),
                    None => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (into, from) => *into = from,
    }
}
