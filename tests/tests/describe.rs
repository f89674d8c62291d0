//! A test target describes its monitors for tools that start them, and runs none.

use canarytrace::harness::DESCRIBE_VARIABLE;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::{Value, json};

fn described(runner: Runner) -> (Finished, Value) {
    let run = runner.env(DESCRIBE_VARIABLE, "json").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(run.stderr, "");
    assert!(!run.data().exists(), "nothing is run");
    let described = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"));
    (run, described)
}

fn fixture() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
}

fn monitor<'a>(described: &'a Value, name: &str) -> &'a Value {
    described["monitors"].as_array().unwrap().iter().find(|monitor| monitor["name"] == name).expect("it is registered")
}

#[test]
fn every_registered_monitor_is_described_in_a_stable_order() {
    let (run, all) = described(fixture());
    let names: Vec<&str> =
        all["monitors"].as_array().unwrap().iter().map(|monitor| monitor["name"].as_str().unwrap()).collect();
    assert!(names.is_sorted() && names.len() > 20, "{names:?}");
    assert_eq!(run.stdout, described(fixture().arg("--list")).0.stdout, "arguments don't matter");
    let file = "tests/src/bin/fixture-monitors.rs";
    let mut passes = monitor(&all, "passes").clone();
    assert!(passes["line"].take().as_u64().unwrap() > 1);
    assert_eq!(
        passes,
        json!({
            "name": "passes", "spec": "passes", "description": "Opens the shop and is content.", "schedule": "*/5 * * * *",
            "timeout": 60.0, "retries": 0, "iterations": 1, "tags": ["quick", "shop"], "device": "desktop", "throttle": null,
            "enabled": true, "kind": "browser", "file": file, "line": null,
        })
    );
    let declared = |name: &str, field: &str| monitor(&all, name)[field].clone();
    assert_eq!(declared("is_too_slow", "timeout"), 2.0);
    assert_eq!(declared("passes_at_the_second_attempt", "retries"), 2);
    assert_eq!(declared("goes_round", "iterations"), 3);
    assert_eq!(declared("disabled", "enabled"), false);
    assert_eq!(declared("the_api_answers", "kind"), "http");
    assert_eq!(declared("is_mobile", "device"), "mobile");
    assert_eq!(declared("panics", "schedule"), Value::Null);
    assert_eq!(all["canarytrace"], env!("CARGO_PKG_VERSION"));
    assert_eq!(all["flush"], 10.0);
}

#[test]
fn what_monitors_leave_open_is_what_the_options_say() {
    let (_, all) = described(fixture().env("CANARYTRACE_TIMEOUT", "2m").env("CANARYTRACE_RETRIES", "1"));
    assert_eq!((&monitor(&all, "passes")["timeout"], &monitor(&all, "passes")["retries"]), (&json!(120.0), &json!(1)));
    assert_eq!(monitor(&all, "is_too_slow")["timeout"], 2.0);
}

#[test]
fn options_need_not_be_right_for_a_description() {
    let (_, all) =
        described(fixture().env("BASE_URL", "no url").env("CANARYTRACE_TIMEOUT", "soon").env("SPEC", "none"));
    assert_eq!(monitor(&all, "passes")["timeout"], 60.0);
}

#[test]
fn a_form_that_there_is_not_is_refused() {
    let run = fixture().env(DESCRIBE_VARIABLE, "yaml").run();
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("allowed is json"), "{run:#?}");
}
