//! Replays any bytes as a log: nothing panics, and what holds for every log holds for them.
#![no_main]

use std::collections::HashSet;

use canarytrace::collect::derive::{Derivation, DeriveOptions, Derived, DerivedDocument};
use canarytrace::devtools::har::{Builder, Har, HarOptions};
use canarytrace::devtools::log::{Entry, LogReader, LogWriter};
use canarytrace::devtools::protocol::{Event, IntoOwned as _};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| replay(bytes));

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

fn replay(bytes: &[u8]) {
    let everything = DeriveOptions {
        request_log: true,
        network: true,
        console: true,
        performance_entries: true,
        vitals: true,
        ..DeriveOptions::default()
    };
    let mut derivation = Derivation::new(everything);
    // Whoever waits for bodies may take what is told of an id twice for one request where others see two.
    let bodies = |wanted| HarOptions { request_bodies: wanted, response_bodies: wanted, ..HarOptions::default() };
    let mut har = Builder::new(bodies(false));
    let mut with_bodies = Builder::new(bodies(true));
    let mut written = LogWriter::new(Vec::new()).unwrap();
    let mut documents: Vec<Derived> = Vec::new();
    let mut asked = HashSet::new();
    let mut texts = Vec::new();
    let mut log = LogReader::new(bytes);
    while let Some(entry) = log.next().expect("bytes in memory can be read") {
        match entry {
            Entry::Damage(damage) => assert!(!damage.to_string().is_empty()),
            Entry::Message { text, message, .. } => {
                written.write_line(text).unwrap();
                texts.push(text.replace(['\n', '\r'], " "));
                if let Event::RequestWillBeSent(sent) = &message.event
                    && let (Some(id), Some(request)) = (sent.request_id.get(), sent.request.get())
                    && is_http(request.url.text())
                {
                    asked.insert(id.to_string());
                }
                let message = message.into_owned();
                har.push(message.clone());
                with_bodies.push(message.clone());
                documents.extend(derivation.push(message));
            }
        }
    }
    documents.extend(derivation.finish());

    // What was read can be written and read again.
    let written = written.finish().unwrap();
    let mut again = LogReader::new(&*written);
    let mut texts = texts.iter();
    while let Some(entry) = again.next().unwrap() {
        let Entry::Message { text, .. } = entry else { panic!("a log of ours is damaged: {entry:?}") };
        assert_eq!(Some(text), texts.next().map(String::as_str));
    }
    assert!(texts.next().is_none(), "a log of ours has lost a message");

    // Every request is accounted for.
    let mut logged = 0;
    for Derived { document, .. } in &documents {
        match document {
            DerivedDocument::RequestLog(request) => {
                serde_json::to_string(request).unwrap();
                asked.remove(&request.request_id);
                logged += usize::from(is_http(&request.url));
            }
            DerivedDocument::Console(console) => drop(serde_json::to_string(console).unwrap()),
            _ => {}
        }
    }
    assert!(asked.is_empty(), "requests without documents: {asked:?}");
    let har = har.finish();
    let entries = har.log.entries.iter().filter(|entry| is_http(&entry.request.url)).count();
    assert_eq!(logged, entries, "documents and entries of http(s) requests");

    check(&har);
    check(&with_bodies.finish());
}

fn check(har: &Har<'_>) {
    for entry in &har.log.entries {
        let timings = &entry.timings;
        let phases =
            [timings.blocked, timings.dns, timings.connect, timings.send, timings.wait, timings.receive, timings.ssl];
        for phase in phases {
            assert!(phase.is_finite() && (phase >= 0.0 || phase == -1.0), "{timings:?}");
        }
        let difference = (timings.sum() - entry.time).abs();
        assert!(difference <= 0.001 + entry.time.abs() * 1e-9, "{timings:?} are not {}", entry.time);
    }
    serde_json::to_string(har).unwrap();
}
