//! What a replay derived, compared with what the run stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use canarytrace::collect::derive::DATASETS;
use canarytrace::config::Config;
use canarytrace::record::Common;
use canarytrace::spool;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The run in whose folder a log lies.
#[derive(Debug)]
pub(super) struct Stored {
    /// The folder of the run, and where it went on if that could not be written any more.
    pub(super) folders: Vec<PathBuf>,
    /// Documents of all attempts, without the fields that every document has: attempt, dataset, document.
    documents: Vec<(u64, &'static str, Value)>,
    /// What could not be read.
    pub(super) damage: Vec<String>,
}

/// How the documents of a dataset differ.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) stored: usize,
    pub(super) derived: usize,
    /// Were stored and are not derived.
    pub(super) missing: Vec<Value>,
    /// Are derived and were not stored.
    pub(super) additional: Vec<Value>,
    /// The document as it was stored, and the fields that have another value.
    pub(super) changed: Vec<(Value, BTreeSet<String>)>,
}

impl Difference {
    pub(super) fn is_none(&self) -> bool {
        self.missing.is_empty() && self.additional.is_empty() && self.changed.is_empty()
    }
}

impl Stored {
    /// Reads what was stored in the run that `log` belongs to; `None` when it lies in no run's folder:
    /// `runs/<uuid>/attachments/`.
    pub(super) fn beside(log: &Path) -> Option<Self> {
        let log = log.canonicalize().ok()?;
        let attachments = log.parent().filter(|folder| folder.ends_with("attachments"))?;
        let folder = attachments.parent()?;
        let uuid = folder.file_name()?.to_str().and_then(|name| Uuid::try_parse(name).ok())?;
        folder.parent().filter(|runs| runs.ends_with("runs"))?;
        let mut stored = Self { folders: vec![folder.to_owned()], documents: Vec::new(), damage: Vec::new() };
        // Options that are wrong are no reason not to read a log.
        if let Ok(config) = Config::load() {
            let other = config.fallback_folder().join("runs").join(uuid.to_string());
            if other.is_dir() && other != folder {
                stored.folders.push(other);
            }
        }
        stored.read();
        Some(stored)
    }

    fn read(&mut self) {
        for (folder, dataset) in
            self.folders.iter().flat_map(|folder| DATASETS.iter().map(move |dataset| (folder, *dataset)))
        {
            let documents = match spool::read_dataset(folder, dataset) {
                Ok(documents) => documents,
                Err(error) => {
                    self.damage.push(format!("{} can't be looked into: {error}", folder.display()));
                    continue;
                }
            };
            for document in documents {
                match document {
                    Ok((_, mut document)) => {
                        let attempt = document["attempt"].as_u64().unwrap_or(1);
                        strip(&mut document);
                        self.documents.push((attempt, dataset, document));
                    }
                    Err(damage) => self.damage.push(damage.to_string()),
                }
            }
        }
    }

    /// The only attempt that stored something; `None` when there are several, or none.
    pub(super) fn only_attempt(&self) -> Option<u64> {
        let attempts: BTreeSet<u64> = self.documents.iter().map(|(attempt, ..)| *attempt).collect();
        attempts.first().copied().filter(|_| attempts.len() == 1)
    }

    /// Compares what an attempt stored with `derived`: datasets and their documents.
    pub(super) fn compare(
        self,
        attempt: u64,
        derived: Vec<(&'static str, Value)>,
    ) -> BTreeMap<&'static str, Difference> {
        let mut differences = BTreeMap::new();
        let of = self
            .documents
            .into_iter()
            .filter(|(of, ..)| *of == attempt)
            .map(|(_, dataset, document)| (dataset, document));
        let (mut stored, mut derived) = (by_dataset(of), by_dataset(derived));
        for dataset in DATASETS.iter().copied() {
            let stored = stored.remove(dataset).unwrap_or_default();
            let derived = derived.remove(dataset).unwrap_or_default();
            differences.insert(dataset, difference(stored, derived));
        }
        differences
    }
}

fn by_dataset(documents: impl IntoIterator<Item = (&'static str, Value)>) -> HashMap<&'static str, Vec<Value>> {
    let mut sorted: HashMap<&'static str, Vec<Value>> = HashMap::new();
    for (dataset, document) in documents {
        sorted.entry(dataset).or_default().push(document);
    }
    sorted
}

/// Leaves out the fields that every document has, but for those that tell of the browser and not of the run: the step,
/// and what was cut.
fn strip(document: &mut Value) {
    const KEPT: [&str; 2] = ["uuidAction", "truncated"];
    if let Value::Object(fields) = document {
        fields
            .retain(|name, _| KEPT.contains(&name.as_str()) || !Common::FIELDS.iter().any(|field| field.name == name));
    }
}

fn difference(stored: Vec<Value>, derived: Vec<Value>) -> Difference {
    let mut difference = Difference { stored: stored.len(), derived: derived.len(), ..Difference::default() };
    // Documents that are equal, then those that are of the same request or message.
    let (stored, derived) = pair(stored, derived, Value::to_string, |_, _| {});
    let changed = &mut difference.changed;
    (difference.missing, difference.additional) = pair(stored, derived, identity, |stored, derived| {
        let mut fields = BTreeSet::new();
        differing("", &stored, &derived, &mut fields);
        changed.push((stored, fields));
    });
    difference
}

/// Hands on the pairs of documents with the same key, in their order, and returns those that have no partner.
fn pair(
    stored: Vec<Value>,
    derived: Vec<Value>,
    key: impl Fn(&Value) -> String,
    mut matched: impl FnMut(Value, Value),
) -> (Vec<Value>, Vec<Value>) {
    let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, document) in derived.iter().enumerate().rev() {
        waiting.entry(key(document)).or_default().push(at);
    }
    let mut derived: Vec<Option<Value>> = derived.into_iter().map(Some).collect();
    let mut alone = Vec::new();
    for document in stored {
        let partner = waiting.get_mut(&key(&document)).and_then(Vec::pop).and_then(|at| derived[at].take());
        match partner {
            Some(partner) => matched(document, partner),
            None => alone.push(document),
        }
    }
    (alone, derived.into_iter().flatten().collect())
}

/// What a document is of: the request, the moment and kind of a message, the entry, or the page load.
fn identity(document: &Value) -> String {
    let parts = [
        "requestId",
        "redirectIndex",
        "eventType",
        "eventTimestamp",
        "exceptionId",
        "entryType",
        "name",
        "startTime",
        "navigationType",
        "navigationId",
    ];
    let mut identity: Vec<String> = parts.iter().map(|part| document[part].to_string()).collect();
    // The messages of one moment differ in their texts; requests keep their ids.
    if document["requestId"].is_null() {
        identity.push(document["text"].to_string());
    }
    identity.join(" ")
}

/// The paths of the fields in which two values differ.
fn differing(path: &str, a: &Value, b: &Value, fields: &mut BTreeSet<String>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let of = |object| Map::get(object, name).unwrap_or(&Value::Null);
                differing(&join(name), of(a), of(b), fields);
            }
        }
        _ if a != b => _ = fields.insert(path.to_owned()),
        _ => {}
    }
}
