//! Runs of the journeys, and what they stored.

use canarytrace_tests::mapping::misfits_of;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

/// A journey that was not started yet.
pub(crate) fn journey(monitor: &str) -> Runner {
    let this = std::env::current_exe().expect("it runs");
    Runner::new(this).env(crate::PART, "run").monitor(&format!("journeys::{monitor}"))
}

/// A journey that passes.
pub(crate) fn passed(runner: Runner) -> Finished {
    let run = runner.run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run
}

/// The documents of a dataset, each of which fits its mapping.
pub(crate) fn documents(run: &Finished, dataset: &str) -> Vec<Value> {
    let documents = run.documents(dataset);
    let wrong: Vec<String> = documents.iter().flat_map(|document| misfits_of(dataset, document)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    documents
}

pub(crate) fn text<'d>(document: &'d Value, pointer: &str) -> &'d str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn number(document: &Value, pointer: &str) -> f64 {
    let value = document.pointer(pointer).and_then(Value::as_f64);
    value.unwrap_or_else(|| panic!("no number {pointer} in {document:#}"))
}

/// The vitals of pages whose URL ends so, in their order.
pub(crate) fn vitals(run: &Finished, end: &str) -> Vec<Value> {
    let mut documents = documents(run, "vitals");
    documents.retain(|document| text(document, "/url").ends_with(end));
    documents
}

/// The only vitals of a page whose URL ends so.
pub(crate) fn only_vitals(run: &Finished, end: &str) -> Value {
    let found = vitals(run, end);
    let [found] = &found[..] else { panic!("{end}: {found:#?}") };
    found.clone()
}

/// The entries of a type.
pub(crate) fn entries(run: &Finished, kind: &str) -> Vec<Value> {
    let mut documents = documents(run, "performance-entries");
    documents.retain(|document| text(document, "/entryType") == kind);
    documents
}

/// How many marks have names that begin so.
pub(crate) fn marks(run: &Finished, beginning: &str) -> usize {
    entries(run, "mark").iter().filter(|mark| text(mark, "/name").starts_with(beginning)).count()
}
