//! What is derived from recorded messages of Chromium 156: the documents of `request-log` and `console`.
//!
//! The recordings are the harness's (`src/collect/fixtures`, made by `record.mjs` there). Their values never change, so
//! nothing is hidden in the snapshots.

use std::path::PathBuf;

use canarytrace::collect::derive::{Derivation, DeriveOptions, Derived, DerivedDocument};
use canarytrace::devtools::protocol::{IntoOwned, Message};
use canarytrace_tests::mapping::misfits_of;
use serde_json::Value;

fn options() -> DeriveOptions {
    DeriveOptions {
        request_log: true,
        console: true,
        post_data_path: Some(".title".parse().unwrap()),
        trace_id_name: Some("canary-trace-id".to_owned()),
        ..DeriveOptions::default()
    }
}

fn recording(name: &str) -> Vec<Message<'static>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let path = root.join(format!("canarytrace-harness/src/collect/fixtures/{name}.json"));
    let messages: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    messages.iter().map(|message| Message::parse(&message.to_string()).unwrap().into_owned()).collect()
}

/// The documents of a dataset, each of which fits its mapping.
fn documents(messages: Vec<Message<'static>>, dataset: &str) -> Vec<Value> {
    let mut derivation = Derivation::new(options());
    let mut all: Vec<Derived> = messages.into_iter().flat_map(|message| derivation.push(message)).collect();
    all.extend(derivation.finish());
    let documents: Vec<Value> = all
        .into_iter()
        .filter_map(|derived| match derived.document {
            DerivedDocument::RequestLog(document) if dataset == "request-log" => serde_json::to_value(document).ok(),
            DerivedDocument::Console(document) if dataset == "console" => serde_json::to_value(document).ok(),
            _ => None,
        })
        .collect();
    let wrong: Vec<String> = documents.iter().flat_map(|document| misfits_of(dataset, document)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    documents
}

fn texts(documents: &[Value]) -> String {
    let line = |document: &Value| {
        let text = document["text"].as_str().unwrap();
        let short: String = text.chars().take(300).collect();
        format!("{}: {short}", document["level"].as_str().unwrap())
    };
    documents.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_console_says_what_a_person_reads_in_it() {
    insta::assert_snapshot!("console_texts", texts(&documents(recording("console"), "console")));
}

#[test]
fn messages_of_the_console_are_documents() {
    let mut documents = documents(recording("console"), "console");
    for document in &mut documents {
        // The long message has a snapshot of its length.
        if let Some(truncated) = document["truncated"].as_array() {
            assert_eq!(truncated[0]["bytes"], 40_000);
            document["text"] = format!("[{} bytes]", document["text"].as_str().unwrap().len()).into();
            document["args"] = "[long]".into();
        }
    }
    insta::assert_json_snapshot!("console", documents);
}

#[test]
fn the_console_of_workers_and_of_the_network_is_documents_too() {
    let documents = documents(recording("requests"), "console");
    insta::assert_json_snapshot!("console_of_requests", documents);
}

#[test]
fn requests_are_documents() {
    insta::assert_json_snapshot!("requests", documents(recording("requests"), "request-log"));
}

#[test]
fn every_request_is_one_document() {
    let summary: Vec<String> = documents(recording("requests"), "request-log")
        .iter()
        .map(|document| {
            let words = |path: &str| document.pointer(path).map(|value| value.to_string().replace('"', ""));
            let paths = ["/outcome", "/request/type", "/request/method", "/url", "/response/status", "/errorText"];
            paths.into_iter().filter_map(words).collect::<Vec<_>>().join(" ")
        })
        .collect();
    insta::assert_snapshot!("requests_in_short", summary.join("\n"));
}
