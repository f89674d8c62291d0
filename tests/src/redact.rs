//! Checks what changes from run to run in a document, then hides it, so that snapshots stay the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Hides the changing values of documents of one session: every uuid gets a name by order of appearance, times must be
/// RFC 3339 in UTC or recent epoch ms, durations must be positive numbers below ten minutes.
#[derive(Debug, Default)]
pub struct Redaction {
    uuids: BTreeMap<String, String>,
}

impl Redaction {
    /// The documents with their changing values checked and hidden, keys in alphabetical order.
    ///
    /// # Panics
    /// When a value is not what its field promises.
    pub fn documents(&mut self, documents: Vec<Value>) -> Vec<Value> {
        documents.into_iter().map(|document| self.value("", document)).collect()
    }

    fn value(&mut self, key: &str, value: Value) -> Value {
        match value {
            Value::Object(object) => {
                let sorted: BTreeMap<String, Value> = object.into_iter().collect();
                Value::Object(
                    sorted
                        .into_iter()
                        .map(|(key, value)| (key.clone(), self.value(&key, value)))
                        .collect::<Map<_, _>>(),
                )
            }
            Value::Array(_) if key == "args" => json!("[args]"),
            Value::Array(values) => values.into_iter().map(|value| self.value(key, value)).collect(),
            Value::String(text) => Value::String(self.text(key, &text)),
            Value::Number(number) => {
                hidden_number(key, number.as_f64().expect("it is finite")).unwrap_or(Value::Number(number))
            }
            other => other,
        }
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        match key {
            "uuid" | "uuidAction" | "check_group" | "sessionId" => self.name_of(key, text),
            "@timestamp" | "gte" | "lt" => {
                let at: jiff::Timestamp = text.parse().unwrap_or_else(|error| panic!("{key}: {error}"));
                assert_recent(at.as_millisecond());
                assert!(text.ends_with('Z') && text.len() == 24, "{key} is {text}");
                "[time]".to_owned()
            }
            "location" | "observer" => "[host]".to_owned(),
            "baseUrl" | "full" | "seleniumCluster" | "entryUrl" | "responseUrl" | "url" => loopback(key, text),
            "browserVersion" | "driverVersion" => {
                assert!(text.split('.').count() == 4, "{key} is {text}");
                "[version]".to_owned()
            }
            "version" => {
                assert!(text.split('.').all(|part| part.parse::<u32>().is_ok()), "{key} is {text}");
                "[version]".to_owned()
            }
            "platform" => {
                assert_eq!(text, format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
                "[platform]".to_owned()
            }
            "CANARYTRACE_CACHE" | "CANARYTRACE_DATA" => {
                assert!(std::path::Path::new(text).is_absolute(), "{key} is {text}");
                "[folder]".to_owned()
            }
            "attachments" if text != "no" => {
                let (date, rest) = text.strip_prefix("attachments/").expect("it is in the folder").split_at(18);
                assert!(date.chars().all(|c| c.is_ascii_digit() || c == '-'), "{text} has no HHmmss-YYYY-MM-DD");
                let (uuid, rest) = rest.split_at(36);
                format!("attachments/[HHmmss-YYYY-MM-DD]-{}{rest}", self.name_of("uuidAction", uuid))
            }
            _ => text.to_owned(),
        }
    }

    fn name_of(&mut self, key: &str, uuid: &str) -> String {
        let count = self.uuids.len() + 1;
        let (plain, rest) =
            if key == "check_group" { uuid.rsplit_once('-').expect("run and attempt") } else { (uuid, "") };
        if key != "sessionId" {
            let parsed: uuid::Uuid = plain.parse().unwrap_or_else(|error| panic!("{key} {plain}: {error}"));
            assert_eq!(parsed.get_version_num(), 7, "{key} {plain}");
        }
        let name = self.uuids.entry(plain.to_owned()).or_insert_with(|| format!("[{key} {count}]"));
        if rest.is_empty() { name.clone() } else { format!("{name}-{rest}") }
    }
}

fn hidden_number(key: &str, number: f64) -> Option<Value> {
    match key {
        "timestamp" => {
            #[expect(clippy::cast_possible_truncation, reason = "epoch ms are far below 2^53")]
            assert_recent(number as i64);
            Some(json!("[epoch ms]"))
        }
        "testStepDuration" | "totalRunnerDuration" | "totalTestStepsDuration" | "loadEventEnd" => {
            assert!(number > 0.0 && number < 600_000.0, "{key} is {number} ms");
            Some(json!("[ms]"))
        }
        "nameLookup" | "connect" | "preTransfer" | "startTransfer" | "total" => {
            assert!((0.0..60_000.0).contains(&number), "{key} is {number} ms");
            Some(json!("[ms]"))
        }
        "remotePort" => {
            assert!(number > 0.0, "{key} is {number}");
            Some(json!("[port]"))
        }
        // Documents of requests come between the others when their requests end.
        "sequence" => {
            assert!(number > 0.0, "{key} is {number}");
            Some(json!("[sequence]"))
        }
        "seen" | "kept" => {
            assert!(number > 0.0, "{key} is {number}");
            Some(json!("[messages]"))
        }
        "us" => {
            assert!(number > 1000.0 && number < 600e6, "{key} is {number} us");
            Some(json!("[us]"))
        }
        _ => None,
    }
}

fn assert_recent(epoch_ms: i64) {
    let age = jiff::Timestamp::now().as_millisecond() - epoch_ms;
    assert!((0..600_000).contains(&age), "the time is {age} ms ago");
}

fn loopback(key: &str, text: &str) -> String {
    let mut url = url::Url::parse(text).unwrap_or_else(|error| panic!("{key} {text}: {error}"));
    assert!(url.port().is_some_and(|port| port > 0), "{key} {text}");
    url.set_port(None).expect("it is http");
    url.to_string().replace("http://127.0.0.1/", "http://[loopback]/")
}
