//! What a run says with `CANARYTRACE_LOG_FORMAT=ecs`: lines that a log shipper takes as they are.

use std::collections::BTreeMap;

use canarytrace::elastic::{Method, Request};
use canarytrace_tests::elastic::{Product, or_ignored, prefix, shared};
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::{Map, Value, json};

/// The fields of the Elastic Common Schema, and Heartbeat's, that lines may have. Everything else is below `canarytrace.`
/// (named as in the documents) or `labels.`, the two places that the schema leaves to us.
const SCHEMA: [&str; 23] = [
    "@timestamp",
    "ecs.version",
    "error.message",
    "error.type",
    "event.action",
    "event.dataset",
    "event.duration",
    "event.outcome",
    "log.level",
    "log.logger",
    "log.origin.file.line",
    "log.origin.file.name",
    "message",
    "monitor.id",
    "monitor.name",
    "observer.name",
    "process.exit_code",
    "process.pid",
    "process.thread.name",
    "service.name",
    "service.version",
    "tags",
    "url.full",
];

const SECRET: &str = "correct horse 7\"battery";

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor).env("CANARYTRACE_LOG_FORMAT", "ecs")
}

/// Every line of standard output, checked against what `ecs-logging` asks of loggers and Elasticsearch of names.
fn lines(run: &Finished) -> Vec<Map<String, Value>> {
    assert_eq!(run.stderr, "", "{run:#?}");
    assert!(!run.stdout.is_empty(), "{run:#?}");
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines: Vec<Map<String, Value>> = run.stdout.lines().map(parse).collect();
    // The type of each field, over all lines: an index can't have two.
    let mut types = BTreeMap::new();
    for (line, text) in lines.iter().zip(run.stdout.lines()) {
        for required in ["@timestamp", "log.level", "message", "ecs.version", "event.dataset", "service.name"] {
            assert!(line.get(required).is_some_and(Value::is_string), "{required} is missing: {text}");
        }
        let places =
            ["{\"@timestamp\":", ",\"log.level\":", ",\"message\":", ",\"ecs.version\":"].map(|field| text.find(field));
        assert!(places.is_sorted() && places[0] == Some(0), "the order of the specification: {text}");
        let at: jiff::Timestamp = line["@timestamp"].as_str().unwrap().parse().unwrap();
        assert!(at <= jiff::Timestamp::now(), "{text}");
        assert!(["trace", "debug", "info", "warn", "error"].contains(&line["log.level"].as_str().unwrap()), "{text}");
        assert!(line["process.pid"].is_u64(), "{text}");
        for (name, value) in line {
            let own = name.starts_with("canarytrace.") || name.starts_with("labels.");
            assert!(own || SCHEMA.contains(&name.as_str()), "{name} is no field of the schema: {text}");
            assert!(!value.is_object(), "{name} is nested, and the others are dotted: {text}");
            assert!(!name.starts_with("labels.") || (value.is_string() && name.matches('.').count() == 1), "{text}");
            let kind = match value {
                Value::Array(items) => items.first().map(std::mem::discriminant),
                value => Some(std::mem::discriminant(value)),
            };
            if let Some(kind) = kind {
                assert_eq!(types.entry(name.clone()).or_insert(kind), &kind, "{name} has two types: {text}");
            }
        }
    }
    let names: Vec<&String> = types.keys().collect();
    for name in &names {
        let within = format!("{name}.");
        let clash = names.iter().find(|other| other.starts_with(&within));
        assert_eq!(clash, None, "{name} is a value and an object");
    }
    lines
}

fn of<'a>(lines: &'a [Map<String, Value>], action: &str) -> Vec<&'a Map<String, Value>> {
    lines.iter().filter(|line| line.get("event.action").is_some_and(|there| there == action)).collect()
}

#[test]
fn a_run_is_told_in_lines_with_its_ids() {
    let run = fixture("passes").env("CANARYTRACE_LOCATION", "node-7").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let lines = lines(&run);
    let summary = run.document("summary", |_| true);
    let step = run.document("report", |document| document["event"] == "testStepEnd");
    let [ended] = of(&lines, "step-ended")[..] else { panic!("{run:#?}") };
    assert_eq!(ended["message"].as_str().unwrap().split(" (").next(), Some("open the shop ... ok"));
    assert_eq!(ended["canarytrace.uuid"], summary["uuid"]);
    assert_eq!(ended["canarytrace.uuidAction"], step["uuidAction"]);
    assert_eq!(ended["canarytrace.title"], "open the shop");
    assert_eq!(ended["canarytrace.attempt"], 1);
    assert_eq!(
        (&ended["monitor.id"], &ended["monitor.name"]),
        (&summary["monitor"]["id"], &summary["monitor"]["name"])
    );
    assert_eq!(ended["observer.name"], "node-7");
    assert_eq!(ended["event.outcome"], "success");
    // Nanoseconds, where documents have milliseconds.
    let (ns, ms) = (ended["event.duration"].as_f64().unwrap(), step["testStepDuration"].as_f64().unwrap());
    assert!((ns / 1e6 - ms).abs() < 1.0, "{ns} ns, {ms} ms");
    let [ended] = of(&lines, "run-ended")[..] else { panic!("{run:#?}") };
    assert_eq!((&ended["log.level"], &ended["canarytrace.outcome"]), (&"info".into(), &"passed".into()));
    let [session] = of(&lines, "session-ended")[..] else { panic!("{run:#?}") };
    assert_eq!((&session["canarytrace.passed"], &session["canarytrace.failed"]), (&1.into(), &0.into()));
    assert_eq!(session["canarytrace.runs"], run.data().join("runs").display().to_string());
}

#[test]
fn a_failure_of_many_lines_is_one_with_kind_and_fault() {
    let run = fixture("panics").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let lines = lines(&run);
    let [step] = of(&lines, "step-ended")[..] else { panic!("{run:#?}") };
    assert_eq!((&step["log.level"], &step["event.outcome"]), (&"error".into(), &"failure".into()));
    let [ended] = of(&lines, "run-ended")[..] else { panic!("{run:#?}") };
    let message = ended["error.message"].as_str().unwrap();
    assert!(message.starts_with("the monitor panicked: ") && message.contains('\n'), "{message}");
    assert_eq!((&ended["error.type"], &ended["canarytrace.fault"]), (&"assertion".into(), &"application".into()));
    let summary = run.document("summary", |_| true);
    assert_eq!(ended["error.message"], summary["error"]["message"]);
    assert!(!ended["canarytrace.attachments"].as_array().unwrap().is_empty());
}

#[test]
fn a_panic_outside_of_the_monitor_is_a_line_with_its_place() {
    let run = fixture("has_a_route_that_panics").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let lines = lines(&run);
    let [panic] = of(&lines, "panic")[..] else { panic!("{run:#?}") };
    assert_eq!((&panic["error.message"], &panic["error.type"]), (&"no route today".into(), &"panic".into()));
    assert_eq!(panic["log.origin.file.name"], "tests/src/bin/fixture-monitors.rs");
    assert!(panic["log.origin.file.line"].is_u64());
}

#[test]
fn no_secret_is_in_any_line_also_of_the_log() {
    let run = fixture("leaks_its_secret").env("FIXTURE_PASSWORD", SECRET).env("LOG_LEVEL", "trace").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let lines = lines(&run);
    let steps = of(&lines, "step-ended");
    assert!(steps.iter().any(|step| step["canarytrace.fullTitle"].as_str().unwrap().contains("***")), "{run:#?}");
    let encoded = serde_json::to_string(SECRET).unwrap();
    for form in [SECRET, encoded.trim_matches('"'), "correct%20horse", "correct+horse"] {
        assert!(!run.stdout.contains(form), "{form} is in {run:#?}");
    }
}

#[test]
fn the_log_and_notices_are_lines_among_the_others() {
    let run = fixture("saves_orders").env("LOG_LEVEL", "canarytrace=debug").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let lines = lines(&run);
    let notice = of(&lines, "notice");
    assert!(notice[0]["message"].as_str().unwrap().starts_with("BASE_URL is unset"), "{run:#?}");
    let logged: Vec<_> = lines.iter().filter(|line| line.contains_key("log.logger")).collect();
    let ended = logged.iter().find(|line| line["message"] == "phase ended").expect("it is told at this level");
    assert_eq!(ended["monitor.name"], "saves_orders");
    assert_eq!((&ended["canarytrace.phase"], &ended["canarytrace.attempt"]), (&"start".into(), &1.into()));
    assert!(ended["labels.took"].is_string());
}

#[test]
fn a_retry_is_a_warning_and_a_flaky_run_one_too() {
    let run = fixture("passes_at_the_second_attempt").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let lines = lines(&run);
    let [first] = of(&lines, "attempt-ended")[..] else { panic!("{run:#?}") };
    assert_eq!((&first["log.level"], &first["event.outcome"]), (&"warn".into(), &"failure".into()));
    let [ended] = of(&lines, "run-ended")[..] else { panic!("{run:#?}") };
    assert_eq!((&ended["log.level"], &ended["canarytrace.outcome"]), (&"warn".into(), &"flaky".into()));
    assert_eq!(ended["canarytrace.attempt"], 2);
}

#[test]
fn iterations_are_told_figure_by_figure() {
    let run = fixture("goes_round").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let lines = lines(&run);
    assert_eq!(of(&lines, "iteration-started").len(), 3);
    let figures = of(&lines, "iterations-ended");
    assert!(figures.iter().any(|figure| figure["canarytrace.metric"] == "run"), "{run:#?}");
}

#[test]
fn what_keeps_monitors_from_running_is_a_line_too() {
    let refused = |name: &str, value: &str| {
        let run = fixture("passes").env(name, value).run();
        let [line] = &lines(&run)[..] else { panic!("one line: {run:#?}") };
        assert_eq!((&line["log.level"], &line["event.outcome"]), (&"error".into(), &"failure".into()));
        assert_eq!(line["process.exit_code"].as_i64(), run.code.map(i64::from));
        line["error.message"].as_str().unwrap().to_owned()
    };
    assert!(refused("CANARYTRACE_TIMEOUT", "soon").contains("CANARYTRACE_TIMEOUT (environment variable) is \"soon\""));
    assert!(refused("SPEC", "none_such").contains("matches no monitor"));
}

#[test]
fn documents_on_standard_output_stay_what_they_are() {
    let run = fixture("passes").env("CANARYTRACE_PRINT_DOCUMENTS", "yes").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let all: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let documents = all.iter().filter(|line| line["_index"] == "c.report-default").map(|line| &line["_source"]);
    assert_eq!(documents.collect::<Vec<_>>(), run.documents("report").iter().collect::<Vec<_>>());
    assert!(all.iter().all(|line| line["_source"].is_object() || line["ecs.version"].is_string()), "{run:#?}");
}

#[test]
fn without_the_option_the_form_is_that_of_libtest_also_into_a_file() {
    // Standard output is a pipe here, as in CI.
    for format in [None, Some("auto"), Some("text")] {
        let mut runner = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor("saves_orders");
        if let Some(format) = format {
            runner = runner.env("CANARYTRACE_LOG_FORMAT", format);
        }
        let run = runner.run();
        assert!(run.stdout.contains("\ntest result: ok. 1 passed; 0 failed; "), "{run:#?}");
    }
}

/// As a shipper sends them: flat, with dots in the names. The types are those of the schema; what is ours is mapped as it
/// comes.
#[test]
fn elasticsearch_takes_every_line_with_the_types_of_the_schema() {
    let Some(server) = or_ignored(shared(Product::Elasticsearch)) else { return };
    let runs = [fixture("panics").env("LOG_LEVEL", "debug").run(), fixture("goes_round").run()];
    let own = prefix();
    let index = format!("{own}logs");
    let types = [
        ("@timestamp", "date"),
        ("error.message", "text"),
        ("error.type", "keyword"),
        ("event.dataset", "keyword"),
        ("event.duration", "long"),
        ("event.outcome", "keyword"),
        ("log.level", "keyword"),
        ("log.origin.file.line", "long"),
        ("message", "text"),
        ("monitor.name", "keyword"),
        ("process.pid", "long"),
    ];
    let properties: Map<String, Value> =
        types.iter().map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind }))).collect();
    let mappings = json!({ "mappings": { "properties": properties } });
    server.get(Request::new(Method::Put, format!("/{index}")).json(&mappings));
    let lines = runs.iter().flat_map(|run| run.stdout.lines());
    let body = lines.flat_map(|line| ["{\"index\":{}}", line]).collect::<Vec<_>>().join("\n") + "\n";
    let answer = server.get(Request::new(Method::Post, format!("/{index}/_bulk")).ndjson(body));
    for item in answer["items"].as_array().expect("a bulk request has items") {
        assert_eq!(item["index"]["status"], 201, "{item:#}");
    }
    // Each is found by the fields that tie it to documents.
    server.refresh(&index);
    let uuid = runs[0].document("summary", |_| true)["uuid"].clone();
    let query = json!({ "query": { "bool": { "filter": [
        { "term": { "canarytrace.uuid.keyword": uuid } },
        { "term": { "event.outcome": "failure" } },
        { "range": { "event.duration": { "gte": 1 } } },
    ] } } });
    let found = server.get(Request::new(Method::Post, format!("/{index}/_count")).json(&query));
    assert_eq!(found["count"], 2, "the step and the run: {:#?}", runs[0]);
    server.delete(&own);
}
