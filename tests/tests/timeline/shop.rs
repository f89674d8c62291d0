//! Runs of ordinary pages.

use canarytrace_tests::redact::Redaction;
use serde_json::Value;

use crate::support::{documents, entries, journey, marks, only_vitals, passed, text};

/// Checks that what differs from load to load is sane, and hides it.
fn hide(value: &mut Value, key: &str) {
    const KNOWN: [&str; 9] = [
        "attempt",
        "timestamp",
        "sequence",
        "redirectCount",
        "responseStatus",
        "encodedBodySize",
        "naturalWidth",
        "naturalHeight",
        "count",
    ];
    match value {
        // It is thrown at times.
        Value::Object(fields) if key == "confidence" => {
            let value = fields["value"].as_str().expect("it is a word");
            assert!(["high", "low"].contains(&value), "{value}");
            fields.insert("value".to_owned(), "[confidence]".into());
            hide(&mut fields["randomizedTriggerRate"], "");
        }
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| hide(value, key)),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, key)),
        Value::Number(number) if !KNOWN.contains(&key) => {
            let number = number.as_f64().expect("it is finite");
            assert!((-1.0..5_000_000.0).contains(&number), "{key} is {number}");
            *value = "[number]".into();
        }
        Value::String(text) if matches!(key, "navigationId") => {
            assert!(text.parse::<u64>().is_ok(), "{key} is {text}");
            *value = Value::from("[id]");
        }
        Value::String(text) if matches!(key, "name" | "documentURL") => {
            if let Some((_, path)) = text.split_once("http://127.0.0.1:").and_then(|(_, rest)| rest.split_once('/')) {
                // The version of an asset is of its content.
                let path = path.split_once("?v=").map_or(path, |(path, _)| path);
                *value = Value::from(format!("http://[loopback]/{path}"));
            }
        }
        _ => {}
    }
}

pub(crate) fn a_run_of_the_shop_gives_vitals_of_its_pages_and_the_entries_of_their_timelines() {
    let run = passed(journey("uses_the_shop").env("CANARYTRACE_LOCATION", "lab"));
    let title = "journeys::uses_the_shop the shop look at a lamp";
    let of_lamp = |document: &Value| text(document, "/fullTitle") == title;
    let mut entries = documents(&run, "performance-entries");
    // The others come as the machine is busy.
    let certain = ["navigation", "resource", "mark", "paint", "visibility-state"];
    entries.retain(|entry| of_lamp(entry) && certain.contains(&text(entry, "/entryType")));
    // The browser looks for it when it likes.
    entries.retain(|entry| !text(entry, "/name").ends_with("/favicon.ico"));
    entries.sort_by_key(|entry| (text(entry, "/entryType").to_owned(), text(entry, "/name").to_owned()));
    let mut vitals = documents(&run, "vitals");
    assert_eq!(vitals.len(), 2, "{vitals:#?}");
    let mut lamp = vitals.remove(0);
    assert_eq!((text(&lamp, "/ended"), text(&vitals[0], "/ended")), ("left", "attempt-over"), "{lamp:#}");
    assert!(text(&vitals[0], "/url").ends_with("/basket"), "{vitals:#?}");
    assert!(text(&vitals[0], "/fullTitle").ends_with("put it into the basket"), "{vitals:#?}");
    // Whether the click that left it was painted is a race.
    for name in ["inp", "inpAttribution", "interactions", "longTasks", "longAnimationFrames"] {
        lamp.as_object_mut().expect("it is one").remove(name);
    }
    let mut redaction = Redaction::default();
    for document in entries.iter_mut().chain([&mut lamp]) {
        hide(document, "");
    }
    insta::assert_json_snapshot!("shop-performance-entries", redaction.documents(entries));
    insta::assert_json_snapshot!("shop-vitals", redaction.documents(vec![lamp]));
    assert_eq!(marks(&run, "HE-lamp"), 1);
}

pub(crate) fn what_is_not_wanted_is_not_recorded() {
    let runner = |entries: &str, vitals: &str| {
        let runner = journey("says_its_timing").env("CONSOLE_INTERCEPT", "no").env("CANARYTRACE_CDP_LOG", "always");
        passed(runner.env("PERFORMANCE_ENTRIES_INTERCEPT", entries).env("CANARYTRACE_VITALS", vitals))
    };
    let log = |run: &canarytrace_tests::runner::Finished| -> String {
        let log = run.attachments().into_iter().find(|path| path.extension().is_some_and(|end| end == "zst"));
        let log = std::fs::read(log.expect("it is kept")).expect("it can be read");
        String::from_utf8(zstd::decode_all(&*log).expect("it is whole")).expect("it is text")
    };
    let run = runner("no", "no");
    assert!(run.documents("vitals").is_empty() && run.documents("performance-entries").is_empty(), "{run:#?}");
    assert!(!log(&run).contains("Runtime."), "{}", log(&run));
    let run = runner("no", "allow");
    assert!(run.documents("performance-entries").is_empty(), "{run:#?}");
    let vitals = only_vitals(&run, "second=0");
    assert!(["fcp", "lcp", "ttfb", "load"].iter().all(|vital| vitals[*vital].is_number()), "{vitals:#}");
    // The console is told for the timeline's sake; it is recorded for nobody's.
    let told = log(&run);
    assert!(told.contains("Runtime.bindingCalled") && !told.contains("Runtime.consoleAPICalled"), "{told}");
    assert!(run.documents("console").is_empty(), "{run:#?}");
    let run = runner("allow", "no");
    assert!(run.documents("vitals").is_empty(), "{run:#?}");
    assert_eq!(entries(&run, "navigation").len(), 1, "{run:#?}");
}

pub(crate) fn what_a_user_types_and_secrets_are_in_no_document() {
    // It is in the numbers of entries too, which stay numbers.
    let run = passed(journey("types").env("WORD", "2").env("CANARYTRACE_CDP_LOG", "always"));
    assert_eq!(run.documents("vitals").len(), 1, "{run:#?}");
    let run = passed(journey("types").env("WORD", "hunter-of-words").env("CANARYTRACE_CDP_LOG", "always"));
    let mark = entries(&run, "mark").into_iter().find(|mark| text(mark, "/name") == "***");
    let mark = mark.unwrap_or_else(|| panic!("{:#?}", entries(&run, "mark")));
    assert_eq!(mark["detail"], serde_json::json!({ "word": "***", "at": 1 }), "{mark:#}");
    for dataset in ["performance-entries", "vitals"] {
        let text = Value::from(documents(&run, dataset)).to_string();
        assert!(!text.contains("typed-by-the-user") && !text.contains("hunter-of-words"), "{text}");
    }
}
