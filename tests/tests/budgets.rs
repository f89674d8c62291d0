//! Budgets, warnings, iterations and throttling, as a user runs them: output, exit code, documents.
#![expect(clippy::float_cmp, reason = "a figure is the same wherever it stands")]

use canarytrace_tests::runner::{Finished, Runner};
use serde_json::{Value, json};

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor)
}

fn summary(run: &Finished) -> Value {
    run.document("summary", |document| document["summary"]["final_attempt"] == true)
}

/// Metric, step, value, whether it passed, whether it only warns.
type Judged = (String, Option<String>, Option<f64>, bool, bool);

fn budgets(run: &Finished) -> Vec<Judged> {
    let of = |budget: &Value| {
        (
            budget["metric"].as_str().unwrap().to_owned(),
            budget["step"].as_str().map(str::to_owned),
            budget["value"].as_f64(),
            budget["passed"].as_bool().unwrap(),
            budget["warn"].as_bool().unwrap(),
        )
    };
    summary(run)["budgets"].as_array().unwrap_or_else(|| panic!("{run:#?}")).iter().map(of).collect()
}

fn value(run: &Finished, metric: &str, step: Option<&str>) -> f64 {
    let found = budgets(run).into_iter().find(|(name, of, ..)| name == metric && of.as_deref() == step);
    found.and_then(|(_, _, value, ..)| value).unwrap_or_else(|| panic!("{metric} {step:?}: {run:#?}"))
}

#[test]
fn budgets_that_hold_are_stored_with_what_was_measured() {
    let run = fixture("keeps_its_budgets").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(summary(&run)["summary"]["outcome"], "passed");
    assert!(budgets(&run).iter().all(|(.., passed, _)| *passed), "{run:#?}");
    // What was counted is what was stored.
    let requests = run.documents("request-log");
    let ask = run.document("report", |report| report["event"] == "testStepEnd" && report["title"] == "ask");
    #[expect(clippy::cast_precision_loss, reason = "a few requests")]
    let count = |of: &[&Value]| of.len() as f64;
    let all: Vec<&Value> = requests.iter().collect();
    let asked: Vec<&Value> = requests.iter().filter(|request| request["uuidAction"] == ask["uuidAction"]).collect();
    assert_eq!(value(&run, "requests", None), count(&all));
    assert_eq!((value(&run, "requests", Some("ask")), count(&asked)), (2.0, 2.0));
    let bytes: f64 = all.iter().filter_map(|request| request["response"]["totalEncodedDataLength"].as_f64()).sum();
    assert_eq!(value(&run, "transfer", None), bytes);
    assert!(bytes > 1000.0, "{bytes}");
    assert!(value(&run, "failed_requests", None) >= 1.0);
    assert_eq!(value(&run, "failed_requests", Some("open the shop")), 0.0);
    assert!(value(&run, "console_errors", Some("ask")) >= 1.0, "the line of the script is one");
    let total: f64 = run
        .documents("report")
        .iter()
        .filter(|report| report["event"] == "testStepEnd")
        .map(|report| report["testStepDuration"].as_f64().unwrap())
        .sum();
    assert!((value(&run, "run", None) - total).abs() < 1e-6);
}

#[test]
fn every_broken_budget_is_told_in_one_failure_with_value_limit_and_reason() {
    let run = fixture("breaks_several_budgets").env("CANARYTRACE_JUNIT", "junit.xml").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let summary = summary(&run);
    assert_eq!((&summary["error"]["type"], &summary["error"]["fault"]), (&json!("budget"), &json!("application")));
    let message = summary["error"]["message"].as_str().unwrap();
    let lines: Vec<&str> = message.lines().collect();
    let requests = value(&run, "requests", None);
    assert_eq!(lines[0], format!("budget requests: {requests}, allowed is at most 1"));
    assert!(lines[1].starts_with("budget transfer: ") && lines[1].ends_with("B, allowed is at most 10 B"), "{message}");
    assert_eq!(lines[2], "budget failed_requests of the step \"ask\": 1, allowed is at most 0");
    assert!(lines[3].starts_with("budget mark \"HE-none\": no data, "), "{message}");
    assert_eq!(lines.len(), 4, "what holds, and what only warns, is no failure: {message}");
    assert!(summary["summary"]["warnings"][0].as_str().unwrap().starts_with("budget console_errors of the step"));
    let mark = &summary["budgets"][4];
    assert_eq!((&mark["metric"], &mark["name"], &mark["passed"]), (&json!("mark"), &json!("HE-none"), &json!(false)));
    assert!(mark["value"].is_null() && mark["noData"].is_string(), "{mark}");
    let junit = std::fs::read_to_string(run.folder().join("junit.xml")).unwrap();
    assert!(junit.contains("type=\"budget\""), "{junit}");
}

#[test]
fn a_collector_that_is_off_is_named_as_the_reason() {
    let run = fixture("keeps_its_budgets").env("REQUEST_LOG", "no").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let message = summary(&run)["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("budget requests: no data, its collector is off: REQUEST_LOG=no\n"), "{message}");
    assert!(!message.contains("console_errors"), "its collector is on: {message}");
}

#[test]
fn a_journey_that_requests_nothing_has_no_data_of_requests() {
    let run = fixture("opens_nothing_but_has_a_budget").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    assert_eq!(summary(&run)["error"]["message"], "budget requests: no data, the browser made no request");
    let run = fixture("has_no_browser_but_a_budget_of_one").run();
    let message = "budget lcp: no data, the monitor takes an `Api` and starts no browser";
    assert_eq!(summary(&run)["error"]["message"], message, "{run:#?}");
}

#[test]
fn a_broken_warning_degrades_a_run_that_passes() {
    let run = fixture("breaks_a_warning").env("CANARYTRACE_JUNIT", "junit.xml").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let summary = summary(&run);
    assert_eq!((&summary["summary"]["outcome"], &summary["summary"]["up"]), (&json!("degraded"), &json!(1)));
    assert!(summary["error"].is_null(), "{summary}");
    let warnings = summary["summary"]["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 2);
    assert_eq!(warnings[1], "budget failed_requests of the step \"ask\": 1, allowed is at most 0");
    assert!(run.stdout.contains("\ntest breaks_a_warning ... ok (degraded) ("), "{run:#?}");
    assert!(run.stdout.contains("\ntest result: ok. 1 passed; 0 failed; "), "{run:#?}");
    let told = format!("\ndegraded: breaks_a_warning:\n    {}\n    {}\n", text(&warnings[0]), text(&warnings[1]));
    assert!(run.stdout.contains(&told), "{run:#?}");
    let junit = std::fs::read_to_string(run.folder().join("junit.xml")).unwrap();
    assert!(junit.contains("<property name=\"degraded\" value=\"true\"/>"), "{junit}");
    assert!(junit.contains("<system-out>budget requests: ") && !junit.contains("<failure"), "{junit}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn iterations_have_browsers_of_their_own_and_statistics() {
    let run = fixture("goes_round").env("CANARYTRACE_CDP_LOG", "always").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let summaries = run.documents("summary");
    assert_eq!(summaries.len(), 1, "one an attempt: {run:#?}");
    let summary = &summaries[0];
    assert_eq!((&summary["summary"]["iterations"], &summary["iteration"]), (&json!(3), &Value::Null));
    let reports = run.documents("report");
    let of = |event: &str| -> Vec<&Value> { reports.iter().filter(|report| report["event"] == event).collect() };
    for event in ["testStart", "testStepEnd", "testEnd"] {
        let numbers: Vec<&Value> = of(event).iter().map(|report| &report["iteration"]).collect();
        assert_eq!(numbers, [&json!(1), &json!(2), &json!(3)], "{event}");
    }
    let mut sessions: Vec<&Value> = of("testStart").iter().map(|report| &report["sessionId"]).collect();
    sessions.dedup();
    assert_eq!(sessions.len(), 3);
    let durations: Vec<f64> =
        of("testStepEnd").iter().map(|report| report["testStepDuration"].as_f64().unwrap()).collect();
    let statistics = run.documents("statistics");
    let step = statistics.iter().find(|figure| figure["metric"] == "step").unwrap_or_else(|| panic!("{run:#?}"));
    assert_eq!((text(&step["step"]), text(&step["unit"]), &step["n"]), ("open the shop", "ms", &json!(3)));
    let values: Vec<f64> = step["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert_eq!(values, durations);
    let mut sorted = durations.clone();
    sorted.sort_by(f64::total_cmp);
    assert_eq!([&step["min"], &step["median"], &step["max"]].map(|value| value.as_f64().unwrap()).to_vec(), sorted);
    assert_eq!(step["verdict"], "too_few");
    assert!(step["medianLow"].is_null(), "three values give no interval: {step}");
    for metric in ["run", "requests", "transfer", "console_errors"] {
        assert!(statistics.iter().any(|figure| figure["metric"] == metric && figure["step"].is_null()), "{metric}");
    }
    assert_eq!(value(&run, "step", Some("open the shop")), sorted[1], "budgets are judged by the median");
    for line in ["\n  iteration 1 of 3:\n", "\n  iteration 3 of 3:\n", "\n  figure "] {
        assert!(run.stdout.contains(line), "{line}: {run:#?}");
    }
    let logs = run.attachments().iter().filter(|path| path.to_string_lossy().ends_with("cdp.ndjson.zst")).count();
    assert_eq!(logs, 3, "{:?}", run.attachments());
    run.assert_nothing_left();
}

#[test]
fn an_iteration_that_fails_ends_the_attempt_and_is_named() {
    let run = fixture("fails_in_its_second_iteration").env("WAIT_FOR_TIMEOUT", "1s").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let message = text(&summary(&run)["error"]["message"]).to_owned();
    assert!(message.starts_with("iteration 2 of 3: expected the title to be \"Another shop\""), "{message}");
    assert!(run.documents("statistics").is_empty());
    let ends = run.documents("report").into_iter().filter(|report| report["event"] == "testEnd").count();
    assert_eq!(ends, 2);
    run.assert_nothing_left();
}

#[test]
fn iterations_may_come_from_the_options() {
    let run = fixture("passes").env("CANARYTRACE_ITERATIONS", "2").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(summary(&run)["summary"]["iterations"], 2);
    let run = fixture("passes").env("CANARYTRACE_ITERATIONS", "0").run();
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("allowed is a whole number from 1 to 100"), "{run:#?}");
}

#[test]
fn what_slows_a_browser_down_stands_in_the_report() {
    let run = fixture("is_slowed_down").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let reports = run.documents("report");
    let start = reports.iter().find(|report| report["event"] == "testStart").unwrap();
    let expected = json!({
        "preset": "custom", "requestLatencyMs": 150.0, "cpuSlowdownMultiplier": 2.0, "offline": false,
        "cacheDisabled": false,
    });
    assert_eq!(start["throttling"], expected);
    let step = |title: &str| {
        reports.iter().find(|report| report["event"] == "testStepEnd" && report["title"] == title).unwrap()
    };
    assert_eq!(step("open the shop")["throttling"], expected);
    assert!(step("go on unhindered")["throttling"].is_null());
    let away = step("stay away");
    assert_eq!((&away["throttling"]["offline"], &away["throttling"]["preset"]), (&json!(true), &json!("none")));
    assert_eq!((&away["errType"], &away["fault"]), (&json!("navigation"), &json!("network")));
    assert!(text(&away["errMessage"]).contains("ERR_INTERNET_DISCONNECTED"), "{away}");
    // The latency is that of each request: the documents are read with what was in force.
    let first = run
        .documents("request-log")
        .into_iter()
        .find(|request| {
            request["uuidAction"] == step("open the shop")["uuidAction"] && request["request"]["type"] == "Document"
        })
        .unwrap();
    let wait = first["har"]["time"].as_f64().unwrap_or_else(|| panic!("{first}"));
    assert!(wait >= 150.0, "{first}");
}

#[test]
fn a_preset_that_is_none_is_a_wrong_option() {
    let run = fixture("passes").env("CANARYTRACE_THROTTLE", "mobileSlow4").run();
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("mobileSlow4 is no preset; did you mean mobileSlow4G?"), "{run:#?}");
}

#[test]
fn a_latency_holds_in_service_workers_and_frames_whatever_is_recorded() {
    let run = fixture("slows_its_workers_down").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let slow = |from: &str| {
        let of =
            |request: &Value| text(&request["url"]).contains(from).then(|| request["har"]["time"].as_f64()).flatten();
        let times: Vec<f64> = run.documents("request-log").iter().filter_map(of).collect();
        assert!(!times.is_empty() && times.iter().all(|time| *time >= 300.0), "{from}: {times:?}");
    };
    slow("from=service-worker");
    slow("/worker-frame");
}
