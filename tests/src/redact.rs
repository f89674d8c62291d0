//! Checks what changes from run to run in a document, then hides it, so that snapshots stay the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Hides the changing values of documents of one session: every id gets a name by order of appearance, times must be
/// RFC 3339 in UTC or recent epoch ms, durations must be positive numbers below ten minutes.
#[derive(Debug, Default)]
pub struct Redaction {
    names: BTreeMap<String, String>,
}

impl Redaction {
    /// The documents with their changing values checked and hidden, keys in alphabetical order.
    ///
    /// # Panics
    /// When a value is not what its field promises.
    pub fn documents(&mut self, documents: Vec<Value>) -> Vec<Value> {
        documents.into_iter().map(|document| self.value("", "", document)).collect()
    }

    /// The value of `key`, which is a field of `parent`.
    fn value(&mut self, parent: &str, key: &str, value: Value) -> Value {
        match value {
            Value::Object(object) => {
                if key == "har" {
                    assert_phases(&object);
                }
                let sorted: BTreeMap<String, Value> = object.into_iter().collect();
                Value::Object(
                    sorted
                        .into_iter()
                        .map(|(name, value)| (name.clone(), self.value(key, &name, value)))
                        .collect::<Map<_, _>>(),
                )
            }
            Value::Array(_) if (parent, key) == ("goog:chromeOptions", "args") => json!("[args]"),
            Value::Array(values) => values.into_iter().map(|value| self.value(parent, key, value)).collect(),
            Value::String(text) if ["headers", "earlyHints"].contains(&parent) => {
                Value::String(self.header(key, &text))
            }
            Value::String(text) => Value::String(self.text(key, &text)),
            Value::Number(number) => {
                hidden_number(parent, key, number.as_f64().expect("it is finite")).unwrap_or(Value::Number(number))
            }
            // The browser opens connections ahead of their use.
            Value::Bool(_) if key == "connectionReused" => json!("[boolean]"),
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
            "requestId" | "networkRequestId" | "frameId" | "workerId" => self.name(key, text),
            "scriptId" => {
                assert!(text.parse::<u64>().is_ok(), "{key} is {text}");
                "[script]".to_owned()
            }
            "traceId" => self.trace(text),
            // It depends on when the page is laid out.
            "priority" => {
                assert!(["VeryLow", "Low", "Medium", "High", "VeryHigh"].contains(&text), "{key} is {text}");
                "[priority]".to_owned()
            }
            "url" if !text.starts_with("http") => text.to_owned(),
            "baseUrl" | "full" | "seleniumCluster" | "entryUrl" | "responseUrl" | "url" | "page" => loopback(key, text),
            "documentURL" | "origin" | "text" | "description" | "value" => stable(text),
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
            "CANARYTRACE_BUILD_CACHE" | "CANARYTRACE_CACHE" | "CANARYTRACE_DATA" => {
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
        let (plain, rest) =
            if key == "check_group" { uuid.rsplit_once('-').expect("run and attempt") } else { (uuid, "") };
        if key != "sessionId" {
            let parsed: uuid::Uuid = plain.parse().unwrap_or_else(|error| panic!("{key} {plain}: {error}"));
            assert_eq!(parsed.get_version_num(), 7, "{key} {plain}");
        }
        let name = self.name(key, plain);
        if rest.is_empty() { name } else { format!("{name}-{rest}") }
    }

    fn name(&mut self, key: &str, id: &str) -> String {
        assert!(!id.is_empty(), "{key} is empty");
        let count = self.names.len() + 1;
        self.names.entry(id.to_owned()).or_insert_with(|| format!("[{key} {count}]")).clone()
    }

    /// 32 hexadecimal digits, of W3C Trace Context.
    fn trace(&mut self, id: &str) -> String {
        assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "the trace id is {id}");
        self.name("traceId", id)
    }

    fn header(&mut self, name: &str, value: &str) -> String {
        match name {
            "canary-trace-id" => self.trace(value),
            "traceparent" => {
                let parts: Vec<&str> = value.split('-').collect();
                let ["00", trace, span, "01"] = *parts else { panic!("traceparent is {value}") };
                assert_eq!(span.len(), 16, "traceparent is {value}");
                format!("00-{}-[span]-01", self.trace(trace))
            }
            "user-agent" | "sec-ch-ua" => {
                assert!(value.contains("Chrom"), "{name} is {value}");
                "[browser]".to_owned()
            }
            "etag" => {
                assert!(value.starts_with('"') && value.ends_with('"'), "{name} is {value}");
                "[version]".to_owned()
            }
            "date" => {
                assert!(value.ends_with(" GMT"), "{name} is {value}");
                "[time]".to_owned()
            }
            "content-length" => {
                assert!(value.parse::<u64>().is_ok(), "{name} is {value}");
                "[bytes]".to_owned()
            }
            _ => stable(value),
        }
    }
}

fn hidden_number(parent: &str, key: &str, number: f64) -> Option<Value> {
    match (parent, key) {
        ("request" | "response", "timestamp") | ("timing", "requestTime") => {
            assert!(number > 0.0, "{parent}.{key} is {number}");
            return Some(json!("[s]"));
        }
        ("timing" | "har", _) => {
            assert!((-1.0..600_000.0).contains(&number), "{parent}.{key} is {number} ms");
            return Some(json!("[ms]"));
        }
        // What was measured of a budget.
        ("budgets", "value") => {
            assert!(number >= 0.0, "{parent}.{key} is {number}");
            return Some(json!("[measured]"));
        }
        // What a page and a run took; `metrics`, `data`, `own`, `browser` … are objects of these datasets alone.
        ("metrics" | "data" | "own" | "browser" | "cdp" | "throttled" | "cpuTimeByType" | "memoryByType", _)
        | ("", "duration" | "transferSize" | "cpuPressure" | "steal" | "benchmarkIndex" | "processors") => {
            assert!(number >= 0.0, "{parent}.{key} is {number}");
            return Some(json!("[number]"));
        }
        ("executionContext", "id") => {
            assert!(number > 0.0, "{parent}.{key} is {number}");
            return Some(json!("[context]"));
        }
        _ => {}
    }
    match key {
        "wallTime" => {
            #[expect(clippy::cast_possible_truncation, reason = "epoch ms are far below 2^53")]
            assert_recent((number * 1000.0) as i64);
            Some(json!("[epoch s]"))
        }
        "connectionId" if number > 0.0 => Some(json!("[connection]")),
        // What the practice site says changes with it.
        "encodedDataLength" | "totalEncodedDataLength" | "bodySize" if number > 0.0 => Some(json!("[bytes]")),
        "timestamp" | "responseTime" | "eventTimestamp" => {
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
    stable(&url.to_string().replace("http://127.0.0.1/", "http://[loopback]/"))
}

/// The phases of HAR 1.2: -1 for what did not happen, the others together are `time`; `ssl` is a part of `connect`.
fn assert_phases(har: &Map<String, Value>) {
    let phase = |name: &str| har[name].as_f64().unwrap_or_else(|| panic!("{name} is missing: {har:#?}"));
    let phases = ["blocked", "dns", "connect", "send", "wait", "receive"].map(phase);
    let sum: f64 = phases.into_iter().filter(|phase| *phase >= 0.0).sum();
    assert!((sum - phase("time")).abs() < 0.01, "{har:#?}");
    assert!(phase("ssl") <= phase("connect"), "{har:#?}");
}

/// The text with the ports of this machine hidden that were free ones. Others, and patterns of them, stay.
fn without_port(text: &str) -> String {
    const HOST: &str = "127.0.0.1:";
    let mut parts = text.split(HOST);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let is_free = part[..digits].parse::<u16>().is_ok_and(|port| port >= 1024);
        if is_free { before + "[loopback]" + &part[digits..] } else { before + HOST + part }
    })
}

/// The text without what is different on another machine or with other files of the practice site: ports, versions.
fn stable(text: &str) -> String {
    const VERSION: &str = "?v=";
    let text = without_port(text);
    match text.split_once(VERSION) {
        Some((before, version)) if version.len() == 16 && version.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            format!("{before}{VERSION}[version]")
        }
        _ => text,
    }
}
