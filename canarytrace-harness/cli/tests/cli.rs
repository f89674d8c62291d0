//! The command line tool, run as a user would.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The tool in an environment of its own.
fn canarytrace(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
    command.env_clear().env("TZ", "UTC").args(arguments);
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the tool starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code().expect("it ended by itself"), text(stdout), text(stderr))
}

const PASSED: &str = "01890000-0000-7000-8000-000000000001";
const FAILED: &str = "01890000-ffff-7000-8000-000000000002";
const KILLED: &str = "01890001-ffff-7000-8000-000000000003";

/// A data folder with a run that passed, one that failed and was retried, and one that never ended.
fn data() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), PASSED, "report", &steps(PASSED, 1, "shop::browse", None));
    write(data.path(), PASSED, "summary", &[summary(PASSED, 1, "shop::browse", Some("passed"), None)]);

    let name = "shop::a_journey_with_a_name_that_is_much_longer_than_any_terminal_is_wide::buy";
    let long = format!("title is \"Sorry\", expected \"Practice shop\"{}\nsecond line", " and more".repeat(10));
    let mut reports = steps(FAILED, 1, name, Some(&long));
    reports.extend(steps(FAILED, 2, name, Some(&long)));
    write(data.path(), FAILED, "report", &reports);
    let summaries =
        [summary(FAILED, 1, name, None, Some(&long)), summary(FAILED, 2, name, Some("failed"), Some(&long))];
    write(data.path(), FAILED, "summary", &summaries);

    write(data.path(), KILLED, "report", &steps(KILLED, 1, "shop::hangs", None)[..2]);
    data
}

fn write(data: &Path, run: &str, dataset: &str, documents: &[Value]) {
    let folder = data.join("runs").join(run);
    fs::create_dir_all(&folder).unwrap();
    let lines: String = documents.iter().map(|document| document.to_string() + "\n").collect();
    fs::write(folder.join(format!("{dataset}.ndjson")), lines).unwrap();
}

/// The reports of an attempt with a suite and a step inside and outside of it, the last of which may fail.
fn steps(run: &str, attempt: u64, monitor: &str, failure: Option<&str>) -> Vec<Value> {
    let report = |sequence: u64, event: &str, title: &str, around: Option<&str>, ends: Value| {
        let full_title = around.map_or_else(|| monitor.to_owned(), |around| format!("{around} {title}"));
        let mut report = json!({
            "uuid": run, "attempt": attempt, "sequence": attempt * 100 + sequence, "monitor": { "name": monitor },
            "event": event, "title": title, "fullTitle": full_title, "uuidAction": title,
        });
        report.as_object_mut().unwrap().extend(ends.as_object().unwrap().clone());
        report
    };
    let suite = format!("{monitor} checkout");
    let passed = json!({ "passed": true, "testStepDuration": 412.4, "attachments": ["no"] });
    let last = match failure {
        None => json!({ "passed": true, "testStepDuration": 2130.0, "attachments": ["no"] }),
        Some(message) => json!({
            "passed": false, "testStepDuration": 2130.0, "errMessage": message, "attachments": ["attachments/x.png"],
        }),
    };
    vec![
        report(1, "suiteStart", monitor, None, json!({})),
        report(2, "testStepStart", "open the shop", Some(monitor), json!({})),
        report(3, "testStepEnd", "open the shop", Some(monitor), passed),
        report(4, "suiteStart", "checkout", Some(monitor), json!({})),
        report(5, "testStepStart", "pay", Some(&suite), json!({})),
        report(6, "testStepEnd", "pay", Some(&suite), last),
    ]
}

fn summary(run: &str, attempt: u64, monitor: &str, outcome: Option<&str>, failure: Option<&str>) -> Value {
    let mut summary = json!({
        "uuid": run, "attempt": attempt, "sequence": attempt * 100 + 50,
        "monitor": { "name": monitor, "timespan": {
            "gte": format!("2023-06-27T10:00:0{attempt}.000Z"), "lt": format!("2023-06-27T10:00:0{attempt}.500Z"),
        }},
        "summary": { "outcome": outcome },
    });
    if let Some(message) = failure {
        summary["error"] = json!({ "type": "assertion", "fault": "application", "message": message });
    }
    summary
}

#[test]
fn runs_are_listed_with_the_newest_last_and_fit_a_terminal() {
    let data = data();
    let (code, out, err) = run(canarytrace(&["runs", "--data"]).arg(data.path()));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 4, "{out}");
    assert!(lines[0].ends_with("01890000-0000  passed     500 ms  shop::browse"), "{out}");
    assert!(lines[1].contains("01890000-ffff  FAILED     1.50 s  shop::a_journe"), "{out}");
    assert!(lines[2].starts_with("    assertion: title is \"Sorry\""), "{out}");
    assert!(lines[3].contains("01890001-ffff  no end             shop::hangs"), "{out}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_run_is_shown_step_by_step() {
    let data = data();
    let (code, out, err) = run(canarytrace(&["show", "01890000-0000", "--data"]).arg(data.path()));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains(&format!("run        {PASSED}\n")), "{out}");
    assert!(out.contains("outcome    passed in 500 ms\n"), "{out}");
    assert!(out.contains("documents  6 report, 1 summary\n"), "{out}");
    assert!(out.ends_with("\n\n  open the shop ... ok (412 ms)\n  checkout:\n    pay ... ok (2.13 s)\n"), "{out}");
}

#[test]
fn a_failed_run_is_shown_with_every_attempt_its_reason_and_its_files() {
    let data = data();
    let (code, out, _) = run(canarytrace(&["show", FAILED, "--data"]).arg(data.path()));
    assert_eq!(code, 0);
    let second = out.split("attempt 2\n").nth(1).expect("two attempts");
    assert!(out.contains("attempt 1\n"), "{out}");
    assert!(second.contains("    pay ... FAILED (2.13 s)\n        attachments/x.png\n"), "{out}");
    assert!(second.contains("\nassertion (application fault):\n    title is \"Sorry\", expected"), "{out}");
    assert!(second.ends_with("\n    second line\n"), "{out}");
}

#[test]
fn the_last_run_is_shown_even_when_it_never_ended_and_its_last_line_is_torn() {
    let data = data();
    let report = data.path().join("runs").join(KILLED).join("report.ndjson");
    fs::OpenOptions::new().append(true).open(report).unwrap().write_all(b"{\"torn").unwrap();
    let (code, out, err) = run(canarytrace(&["show", "last", "--data"]).arg(data.path()));
    assert_eq!(code, 0);
    assert!(out.contains("outcome    no end\n") && out.ends_with("  open the shop ... no end\n"), "{out}");
    assert!(err.starts_with("warning: the last line of "), "{err}");
}

#[test]
fn an_id_of_no_run_or_of_several_is_an_error_that_says_what_to_do() {
    let data = data();
    let (code, out, err) = run(canarytrace(&["show", "0189", "--data"]).arg(data.path()));
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("error: 3 runs begin with \"0189\"; say which:\n    01890000-0000"), "{err}");
    let (code, _, err) = run(canarytrace(&["show", "ff", "--data"]).arg(data.path()));
    assert_eq!(code, 1);
    assert_eq!(err, "error: no run begins with \"ff\"; `canarytrace runs` lists them\n");
}

#[test]
fn an_empty_data_folder_holds_no_runs_and_one_that_is_not_there_is_an_error() {
    let empty = tempfile::tempdir().unwrap();
    // What went on in the folder for temporary files is listed too; here there is nothing of that.
    let (code, out, err) = run(canarytrace(&["runs", "--data"]).arg(empty.path()).env("TMPDIR", empty.path()));
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.starts_with("no runs in "), "{err}");
    let (code, _, err) = run(canarytrace(&["show", "last", "--data"]).arg(empty.path()).env("TMPDIR", empty.path()));
    assert_eq!(code, 1);
    assert!(err.starts_with("error: no runs in "), "{err}");
    let missing = empty.path().join("missing");
    let (code, _, err) = run(canarytrace(&["runs", "--data"]).arg(&missing));
    assert_eq!((code, err), (1, format!("error: {} is no folder\n", missing.display())));
}

#[test]
fn wrong_options_are_all_named() {
    let (code, _, err) = run(canarytrace(&["runs"]).env("MODE", "smok").env("CANARYTRACE_RETRIES", "-1"));
    assert_eq!(code, 2);
    assert!(err.contains("MODE (environment variable)") && err.contains("CANARYTRACE_RETRIES"), "{err}");
}

#[test]
fn wrong_arguments_are_explained() {
    let (code, _, err) = run(&mut canarytrace(&["rums"]));
    assert_eq!(code, 2);
    assert!(err.contains("unrecognized subcommand 'rums'") && err.contains("'runs'"), "{err}");
    let (code, _, _) = run(&mut canarytrace(&[]));
    assert_eq!(code, 2);
    for command in ["init", "import", "site", "options", "runs", "show", "docs"] {
        let (code, out, _) = run(&mut canarytrace(&[command, "--help"]));
        assert_eq!(code, 0);
        assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    }
}

#[test]
fn every_option_is_explained_within_80_columns_and_as_tables() {
    let (code, out, _) = run(&mut canarytrace(&["options"]));
    assert_eq!(code, 0);
    assert!(out.contains("\n  WAIT_FOR_TIMEOUT\n"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let (_, markdown, _) = run(&mut canarytrace(&["options", "--markdown"]));
    assert_eq!(markdown, canarytrace::config::options_table());
}

#[test]
fn nobody_reading_on_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = canarytrace(&["options"]).stdout(writer).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn the_practice_shop_is_served_until_it_is_ended() {
    let mut child = canarytrace(&["site", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().rsplit_once("http://").expect("it says where").1.trim_end_matches('/').to_owned();
    let mut connection = TcpStream::connect(&address).unwrap();
    write!(connection, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<title>Practice shop</title>"), "{answer}");
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for command in
        [&mut canarytrace(&["site", "--port", &port]), canarytrace(&["site"]).env("CANARYTRACE_SITE_PORT", &port)]
    {
        let (code, out, err) = run(command);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.contains(&format!("port {port} is in use")), "{err}");
    }
}
