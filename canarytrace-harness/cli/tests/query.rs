//! `canarytrace query`, run as a user would.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const RUN: &str = "01890000-0000-7000-8000-000000000001";
const OTHER: &str = "01890001-0000-7000-8000-000000000002";

/// The tool in an environment of its own.
fn canarytrace(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
    command.env_clear().env("TZ", "UTC").env("TMPDIR", data).env("CANARYTRACE_DATA", data);
    command.arg("query").args(arguments);
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the tool starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code().expect("it ended by itself"), text(stdout), text(stderr))
}

/// A data folder with the reports of two monitors.
fn data() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    let long = "shop::a_journey_with_a_name_that_is_much_longer_than_any_terminal_is_wide::buy";
    for (run, monitor, offset) in [(RUN, "shop::browse", 0), (OTHER, long, 3_600_000)] {
        let report = |sequence: u64, passed: bool, duration: f64, error: Option<&str>| {
            let mut report = json!({
                "uuid": run, "attempt": 1, "sequence": sequence, "timestamp": 1_700_000_000_000_u64 + offset + sequence * 1000,
                "monitor": { "id": monitor, "name": monitor }, "spec": monitor, "labels": ["nightly"],
                "event": "testStepEnd", "title": "pay", "fullTitle": format!("{monitor} pay"),
                "passed": passed, "testStepDuration": duration,
            });
            if let Some(error) = error {
                report["errMessage"] = json!(error);
            }
            report
        };
        let reports = [
            report(1, true, 412.5, None),
            report(2, true, 7200.0, None),
            report(3, false, 9000.0, Some("\u{1b}[31mtitle is \"Sorry\"\nexpected something much longer than a line")),
        ];
        let folder = data.path().join("runs").join(run);
        fs::create_dir_all(&folder).unwrap();
        let lines: String = reports.iter().map(|report| report.to_string() + "\n").collect();
        fs::write(folder.join("report.ndjson"), lines).unwrap();
    }
    data
}

fn narrow(text: &str) {
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_published_queries_are_listed() {
    let data = data();
    let (code, out, err) = run(&mut canarytrace(data.path(), &[]));
    assert_eq!((code, err.as_str()), (0, ""));
    narrow(&out);
    assert_eq!(out.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).count(), 12, "{out}");
    assert!(out.contains("\n  slow-steps\n") && out.contains("--set duration=5000 passed=true but="), "{out}");
}

#[test]
fn what_is_found_is_a_table_of_80_columns() {
    let data = data();
    let (code, out, err) = run(&mut canarytrace(data.path(), &["slow-steps"]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    narrow(&out);
    insta::assert_snapshot!("slow_steps", out);
    let free = "_exists_:errMessage | from report";
    let (code, out, err) = run(&mut canarytrace(data.path(), &["--free", free]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    narrow(&out);
    insta::assert_snapshot!("errors", out);
    let groups = "event:testStepEnd | by monitor.name | percentiles testStepDuration 50 95 | size 0";
    let (code, out, err) = run(&mut canarytrace(data.path(), &["--dataset", "report", "--free", groups]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    narrow(&out);
    insta::assert_snapshot!("groups", out);
}

#[test]
fn a_query_is_narrowed_by_options() {
    let data = data();
    let count = |arguments: &[&str]| {
        let (code, out, err) = run(canarytrace(data.path(), arguments).args(["--format", "json"]));
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        serde_json::from_str::<Value>(&out).unwrap()["total"].as_u64().unwrap()
    };
    assert_eq!(count(&["failed-steps"]), 2);
    assert_eq!(count(&["failed-steps", "--run", RUN]), 1);
    assert_eq!(count(&["failed-steps", "--monitor", "shop::browse"]), 1);
    assert_eq!(count(&["failed-steps", "--since", "2023-11-14T23:00:00Z"]), 1);
    assert_eq!(count(&["failed-steps", "--until", "2023-11-14T23:00:00Z"]), 1);
    assert_eq!(count(&["failed-steps", "--since", "now-1h"]), 0);
    assert_eq!(count(&["slow-steps", "--set", "duration=100"]), 4);
    assert_eq!(count(&["--dataset", "report,summary"]), 6);
}

#[test]
fn json_is_taken_from_standard_input_and_given_a_line_a_document() {
    let data = data();
    let query =
        r#"{"dataset": "report", "filter": {"match": {"passed": true}}, "sort": "testStepDuration", "size": 1}"#;
    let mut command = canarytrace(data.path(), &["--json", "-", "--format", "ndjson"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(query.as_bytes()).unwrap();
    let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{out}");
    assert_eq!((&lines[0]["testStepDuration"], &lines[0]["uuid"]), (&json!(412.5), &json!(RUN)));
}

#[test]
fn mistakes_are_named_with_their_places() {
    let data = data();
    for (arguments, message) in [
        (
            &["--dataset", "report", "--free", "passed:false errType:x"][..],
            "error: --free: column 14, at `errType:x`: AND or OR",
        ),
        (&["--free", "passed:false"], "error: dataset: none is named"),
        (&["--dataset", "reports", "--free", "*"], "there is none of the name \"reports\"; did you mean report?"),
        (
            &["--dataset", "report", "--free", "testStepDuration:slow"],
            "error: field testStepDuration: \"slow\" is no number",
        ),
        (&["--dataset", "report", "--free", "* | sort errMessage"], "take errMessage.raw"),
        (&["slow-step"], "did you mean slow-steps?"),
        (&["failed-steps", "--cluster"], "set ELASTIC_CLUSTER"),
    ] {
        let (code, out, err) = run(&mut canarytrace(data.path(), arguments));
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {err}");
        assert!(err.contains(message), "{arguments:?}: {err}");
    }
    let (code, _, err) = run(&mut canarytrace(data.path(), &["--dataset", "report", "--free", "fullTitel:x"]));
    assert_eq!(code, 0);
    assert_eq!(err, "warning: fullTitel is no field of report; did you mean fullTitle?\n");
}

#[test]
fn help_fits_a_terminal() {
    let data = data();
    let (code, out, _) = run(&mut canarytrace(data.path(), &["--help"]));
    assert_eq!(code, 0);
    narrow(&out);
}
