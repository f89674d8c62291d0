//! What a replay derived, compared with what the run stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use canarytrace::collect::derive::DATASETS;
use canarytrace::config::Config;
use canarytrace::record::Common;
use canarytrace::spool;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The budgets of the summary, which are compared like a dataset.
pub(super) const BUDGETS: &str = "budgets";

/// The run in whose folder a log lies.
#[derive(Debug)]
pub(super) struct Stored {
    /// The folder of the run, and where it went on if that could not be written any more.
    pub(super) folders: Vec<PathBuf>,
    /// Documents of all attempts, without the fields that every document has.
    documents: Vec<Document>,
    /// The attempts whose budgets were judged.
    judged: BTreeSet<u64>,
    /// What could not be read.
    pub(super) damage: Vec<String>,
}

#[derive(Debug)]
struct Document {
    attempt: u64,
    /// Of several.
    iteration: Option<u64>,
    dataset: &'static str,
    json: Value,
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
        let mut stored = Self {
            folders: vec![folder.to_owned()],
            documents: Vec::new(),
            judged: BTreeSet::new(),
            damage: Vec::new(),
        };
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
        let datasets = || DATASETS.iter().copied().chain(["summary"]);
        for (folder, dataset) in self.folders.iter().flat_map(|folder| datasets().map(move |dataset| (folder, dataset)))
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
                        if dataset == "summary" {
                            if let Value::Array(budgets) = document["budgets"].take() {
                                self.judged.insert(attempt);
                                let budget = |json| Document { attempt, iteration: None, dataset: BUDGETS, json };
                                self.documents.extend(budgets.into_iter().map(budget));
                            }
                            continue;
                        }
                        let iteration = document["iteration"].as_u64();
                        strip(&mut document);
                        self.documents.push(Document { attempt, iteration, dataset, json: document });
                    }
                    Err(damage) => self.damage.push(damage.to_string()),
                }
            }
        }
    }

    /// The only attempt that stored something; `None` when there are several, or none.
    pub(super) fn only_attempt(&self) -> Option<u64> {
        let attempts: BTreeSet<u64> = self.documents.iter().map(|document| document.attempt).collect();
        attempts.first().copied().filter(|_| attempts.len() == 1)
    }

    /// Compares what an attempt, or one of its iterations, stored with `derived`: datasets and their documents.
    pub(super) fn compare(
        self,
        attempt: u64,
        iteration: Option<u64>,
        derived: Vec<(&'static str, Value)>,
    ) -> BTreeMap<&'static str, Difference> {
        let mut differences = BTreeMap::new();
        let of = self
            .documents
            .into_iter()
            .filter(|of| of.attempt == attempt && (of.iteration.is_none() || of.iteration == iteration))
            .map(|of| (of.dataset, of.json));
        let (mut stored, mut derived) = (by_dataset(of), by_dataset(derived));
        // A failure before them leaves budgets unjudged.
        let budgets = self.judged.contains(&attempt).then_some(BUDGETS);
        for budget in stored.get_mut(BUDGETS).into_iter().chain(derived.get_mut(BUDGETS)).flatten() {
            // Why nothing was measured depends on options that a log has not.
            budget.as_object_mut().map(|budget| budget.remove("noData"));
        }
        for dataset in DATASETS.iter().copied().chain(budgets) {
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
        // Of a budget.
        "metric",
        "name",
        "step",
        "warn",
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
