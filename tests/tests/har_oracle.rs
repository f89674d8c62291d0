//! HAR of logs of real sites, beside what chrome-har 1.3.1 makes of them.
//!
//! The logs are not in this repository: they stand in `shared/cdp-logs` beside it, or where `CANARYTRACE_CDP_LOGS` says.
//! What is asked of every log is asked of other logs in that folder too, reference or not.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use canarytrace::devtools::har::{Builder, HarOptions};
use canarytrace::devtools::protocol::Message;
use serde_json::Value;

#[path = "har_oracle/differences.rs"]
mod differences;

use differences::{Difference, difference};

const REFERENCE: &str = "chrome-har-reference.json";

/// Timings may differ by so many ms.
const TOLERANCE: f64 = 0.01;

#[test]
fn har_has_every_entry_of_chrome_har_with_its_url_method_status_version_and_timings() {
    let Some(folder) = logs() else { return };
    let reference: BTreeMap<String, Value> =
        serde_json::from_str(&read(&folder.join(REFERENCE))).expect("the reference is JSON");
    assert!(!reference.is_empty(), "{REFERENCE} is empty");
    let mut wrong = Vec::new();
    let mut additional = String::new();
    let mut same = 0;
    for (log, expected) in &reference {
        let har = har(&read(&folder.join(log)));
        // Redirects of one request share an id.
        let mut ours: HashMap<(String, String), Vec<&Value>> = HashMap::new();
        let mut left = Vec::new();
        for entry in entries(&har) {
            ours.entry((text(entry, "/_requestId"), text(entry, "/request/url"))).or_default().push(entry);
            left.push(entry);
        }
        for expected in expected["entries"].as_array().expect("entries") {
            let name = format!("{log} {} {}", text(expected, "/requestId"), text(expected, "/url"));
            let key = (text(expected, "/requestId"), text(expected, "/url"));
            let Some(entry) = ours.get_mut(&key).filter(|found| !found.is_empty()).map(|found| found.remove(0)) else {
                wrong.push(format!("{name}: is missing"));
                continue;
            };
            left.retain(|other| !std::ptr::eq(*other, entry));
            let before = wrong.len();
            compare(&name, expected, entry, &mut wrong);
            same += usize::from(wrong.len() == before);
        }
        for entry in left {
            let url = text(entry, "/request/url");
            let url = url.split('?').next().unwrap_or_default();
            let (method, error) = (text(entry, "/request/method"), text(entry, "/_error"));
            // Writing to a String can't fail.
            let _ = writeln!(additional, "{log}: {method} {url} {} {error}", entry["response"]["status"]);
        }
    }
    assert!(wrong.is_empty(), "{} differences that are not by design:\n{}", wrong.len(), wrong.join("\n"));
    println!("{same} entries of {} logs are as in chrome-har", reference.len());
    insta::assert_snapshot!("additional_entries", additional);
}

fn compare(name: &str, expected: &Value, entry: &Value, wrong: &mut Vec<String>) {
    let mut differs = |field: &str, expected: &Value, ours: &Value| {
        if difference(name, field).is_none_or(|Difference { ours: by_design, .. }| *ours != by_design) {
            wrong.push(format!("{name}: {field} is {ours}, chrome-har has {expected}"));
        }
    };
    for (field, theirs, ours) in [
        ("method", "/method", "/request/method"),
        ("status", "/status", "/response/status"),
        ("httpVersion", "/httpVersion", "/response/httpVersion"),
        ("httpVersion of the request", "/httpVersion", "/request/httpVersion"),
    ] {
        let (theirs, ours) = (&expected[&theirs[1..]], entry.pointer(ours).unwrap_or(&Value::Null));
        if theirs != ours {
            differs(field, theirs, ours);
        }
    }
    let phases = ["blocked", "dns", "connect", "ssl", "send", "wait", "receive", "_queued"];
    let timings = phases.map(|phase| (phase, &expected["timings"][phase], &entry["timings"][phase]));
    for (field, theirs, ours) in timings.into_iter().chain([("time", &expected["time"], &entry["time"])]) {
        let close = match (theirs.as_f64(), ours.as_f64()) {
            (Some(theirs), Some(ours)) => (theirs - ours).abs() <= TOLERANCE,
            (theirs, ours) => theirs == ours,
        };
        if !close {
            differs(field, theirs, ours);
        }
    }
}

#[test]
fn on_every_log_phases_are_not_negative_and_sum_to_time() {
    for (log, har) in hars() {
        for entry in entries(&har) {
            let name = format!("{log} {}", text(entry, "/request/url"));
            let timings = entry["timings"].as_object().expect("timings");
            let phase = |name: &str| timings[name].as_f64().expect("a phase");
            let phases = ["blocked", "dns", "connect", "send", "wait", "receive"].map(phase);
            for ms in phases.iter().copied().chain([phase("ssl")]) {
                assert!(ms >= 0.0 || ms.to_bits() == (-1.0_f64).to_bits(), "{name}: {timings:?}");
            }
            for required in ["send", "wait", "receive"] {
                assert!(phase(required) >= 0.0, "{name}: {timings:?}");
            }
            assert!(timings.get("_queued").is_none_or(|queued| queued.as_f64() > Some(0.0)), "{name}: {timings:?}");
            assert!(phase("ssl") <= phase("connect"), "{name}: {timings:?}");
            let sum: f64 = phases.iter().map(|ms| ms.max(0.0)).sum();
            let time = entry["time"].as_f64().expect("time");
            assert!((sum - time).abs() < 0.001, "{name}: {sum} and {time}");
            started(entry);
        }
    }
}

#[test]
fn on_every_log_no_two_requests_overlap_on_a_connection_of_http_1() {
    for (log, har) in hars() {
        let mut connections: HashMap<String, Vec<(i64, i64, String)>> = HashMap::new();
        for entry in entries(&har) {
            let version = text(entry, "/response/httpVersion");
            if let Some(connection) = entry["connection"].as_str().filter(|_| version.starts_with("http/1")) {
                let phase = |name: &str| micros(entry["timings"][name].as_f64().expect("a phase").max(0.0));
                let begun = started(entry);
                let sent = begun + phase("blocked") + phase("dns") + phase("connect");
                let ended = begun + micros(entry["time"].as_f64().expect("time"));
                connections.entry(connection.to_owned()).or_default().push((sent, ended, text(entry, "/request/url")));
            }
        }
        for (connection, mut uses) in connections {
            uses.sort();
            for pair in uses.windows(2) {
                assert!(pair[0].1 <= pair[1].0, "{log}, connection {connection}: {} overlaps {}", pair[0].2, pair[1].2);
            }
        }
    }
}

#[test]
fn on_every_log_every_request_of_http_is_an_entry_once() {
    let Some(folder) = logs() else { return };
    for log in names(&folder) {
        let json = read(&folder.join(&log));
        let messages: Vec<Value> = serde_json::from_str(&json).expect("a log is a list of messages");
        let mut asked: BTreeMap<(String, String), i64> = BTreeMap::new();
        for message in messages.iter().filter(|message| message["method"] == "Network.requestWillBeSent") {
            let url = text(message, "/params/request/url") + &text(message, "/params/request/urlFragment");
            if url.starts_with("http:") || url.starts_with("https:") {
                *asked.entry((text(message, "/params/requestId"), bare(&url))).or_default() += 1;
            }
        }
        let har = har(&json);
        for entry in entries(&har) {
            let url = text(entry, "/request/url");
            if url.starts_with("http") {
                let id = text(entry, "/_requestId");
                *asked.entry((id.trim_end_matches('r').to_owned(), bare(&url))).or_default() -= 1;
            }
        }
        asked.retain(|_, count| *count != 0);
        assert!(asked.is_empty(), "{log}: asked for and not in the HAR, or the other way (-): {asked:#?}");
    }
}

#[test]
fn on_every_log_no_header_is_there_twice_unless_it_was_sent_twice() {
    for (log, har) in hars() {
        for entry in entries(&har) {
            let headers = entry.pointer("/request/headers").and_then(Value::as_array).expect("headers");
            let mut names: Vec<_> = headers.iter().map(|header| text(header, "/name").to_lowercase()).collect();
            names.sort();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{log} {}: {headers:?}", text(entry, "/request/url"));
        }
    }
}

#[test]
fn on_every_log_entries_refer_to_pages_that_are_there() {
    for (log, har) in hars() {
        let pages = har["log"]["pages"].as_array().expect("pages");
        let ids: Vec<_> = pages.iter().map(|page| text(page, "/id")).collect();
        for entry in entries(&har) {
            assert!(ids.contains(&text(entry, "/pageref")), "{log}: {} of {ids:?}", text(entry, "/pageref"));
        }
        for id in &ids {
            assert!(entries(&har).any(|entry| text(entry, "/pageref") == *id), "{log}: {id} is empty");
        }
    }
}

#[test]
fn a_log_that_breaks_off_in_any_message_gives_a_har_of_what_came_before() {
    for (log, json) in texts() {
        // Every place would take minutes.
        let json = json.trim_end();
        let step = (json.len() / 5).max(1);
        for end in (0..json.len()).step_by(step).filter(|end| json.is_char_boundary(*end)) {
            let mut builder = Builder::new(HarOptions::default());
            let read = Message::parse_list(&json[..end], |message| builder.push(message));
            assert!(read.is_err(), "{log} is cut at {end}");
            serde_json::to_string(&builder.finish()).expect("a HAR is JSON");
        }
    }
}

/// The folder of logs; `None`, said aloud, where there is none.
fn logs() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folder =
        std::env::var_os("CANARYTRACE_CDP_LOGS").map_or_else(|| workspace.join("../shared/cdp-logs"), PathBuf::from);
    if folder.join(REFERENCE).is_file() {
        return Some(folder);
    }
    println!("NOT TESTED: no {REFERENCE} in {}: set CANARYTRACE_CDP_LOGS to the folder of the logs", folder.display());
    None
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("the folder of logs can be read");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
    let mut names: Vec<_> = names
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "json") && name != REFERENCE)
        .collect();
    names.sort();
    names
}

fn texts() -> impl Iterator<Item = (String, String)> {
    let folder = logs();
    let names = folder.as_deref().map(names).unwrap_or_default();
    names.into_iter().map(move |name| {
        let text = read(&folder.as_ref().expect("there are logs").join(&name));
        (name, text)
    })
}

fn hars() -> impl Iterator<Item = (String, Value)> {
    texts().map(|(name, text)| (name, har(&text)))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// As it is written to a file.
fn har(json: &str) -> Value {
    let mut builder = Builder::new(HarOptions::default());
    Message::parse_list(json, |message| builder.push(message)).expect("the log parses");
    serde_json::to_value(builder.finish()).expect("a HAR is JSON")
}

fn entries(har: &Value) -> impl Iterator<Item = &Value> {
    har["log"]["entries"].as_array().expect("entries").iter()
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Microseconds since the epoch.
fn started(entry: &Value) -> i64 {
    let date: jiff::Timestamp = text(entry, "/startedDateTime").parse().expect("ISO 8601");
    date.as_microsecond()
}

#[expect(clippy::cast_possible_truncation, reason = "times of minutes")]
fn micros(ms: f64) -> i64 {
    (ms * 1000.0).round() as i64
}

/// Without percent signs and what they may stand for: both sides escape differently.
fn bare(url: &str) -> String {
    let mut bare = String::new();
    let mut rest = url.chars();
    while let Some(character) = rest.next() {
        match character {
            '%' => {
                rest.by_ref().take(2).for_each(drop);
            }
            '{' | '}' | '|' | '"' | '\'' | '<' | '>' | '\\' | '^' | '`' | ' ' => {}
            _ => bare.push(character),
        }
    }
    bare
}
