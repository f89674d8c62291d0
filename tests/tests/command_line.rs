//! The command line of a test target with monitors: that of libtest, and what cargo-nextest needs.

use std::collections::BTreeSet;

use canarytrace_tests::runner::Runner;

fn fixture() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
}

fn listed(arguments: &[&str]) -> Vec<String> {
    let run = arguments.iter().fold(fixture().arg("--list"), Runner::arg).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.runs().is_empty() && run.stderr.is_empty(), "{run:#?}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn list_names_every_monitor_in_a_stable_order() {
    let lines = listed(&[]);
    let mut sorted = lines.clone();
    sorted.sort();
    assert_eq!(lines, sorted);
    assert!(lines.contains(&"passes: test".to_owned()) && lines.contains(&"disabled: test".to_owned()), "{lines:?}");
}

#[test]
fn list_in_terse_form_is_what_nextest_reads() {
    let lines = listed(&["--format", "terse"]);
    assert_eq!(lines, listed(&[]));
    assert_eq!(listed(&["--format", "terse", "--ignored"]), ["disabled: test"]);
}

#[test]
fn a_filter_chooses_by_part_of_the_name_and_exact_by_all_of_it() {
    assert_eq!(listed(&["waits"]), ["waits: test", "waits_without_asking: test"]);
    assert_eq!(listed(&["waits", "--exact"]), ["waits: test"]);
    assert_eq!(listed(&["waits", "--skip", "without"]), ["waits: test"]);
    assert_eq!(listed(&["wait", "--exact"]), [""; 0]);
}

#[test]
fn nextest_runs_one_monitor_in_a_process_of_its_own() {
    // As cargo-nextest does: `<binary> --exact <name> --nocapture`.
    let run = fixture().arg("--exact").arg("passes").arg("--nocapture").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(run.runs().len(), 1);
    run.assert_nothing_left();
}

#[test]
fn a_disabled_monitor_is_ignored_unless_asked_for() {
    let run = fixture().arg("disabled").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("test disabled ... ignored, disabled\n"), "{run:#?}");
    assert!(run.stdout.contains("test result: ok. 0 passed; 0 failed; 1 ignored;"), "{run:#?}");
    assert!(run.runs().is_empty());
    for argument in ["--ignored", "--include-ignored"] {
        let run = fixture().arg("disabled").arg(argument).run();
        assert!(run.stdout.contains("test result: ok. 1 passed; 0 failed; 0 ignored;"), "{run:#?}");
        run.assert_nothing_left();
    }
}

#[test]
fn a_filter_that_matches_nothing_runs_nothing_as_in_libtest() {
    let run = fixture().arg("no-such-monitor").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stdout.contains("\nrunning 0 tests\n\ntest result: ok. 0 passed;"), "{run:#?}");
}

#[test]
fn spec_selects_one_monitor() {
    let run = fixture().env("SPEC", "passes").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(
        run.stdout.contains("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out;"),
        "{run:#?}"
    );
    assert_eq!(run.document("summary", |_| true)["spec"], "passes");
}

#[test]
fn a_spec_that_matches_nothing_is_an_error() {
    let run = fixture().env("SPEC", "pases").run();
    assert_eq!(run.code, Some(4), "{run:#?}");
    assert!(run.stderr.starts_with("error: SPEC=pases matches no monitor; there are:\n    "), "{run:#?}");
    assert!(run.stderr.contains("\n    passes\n"), "{run:#?}");
    assert!(run.stdout.is_empty());
}

#[test]
fn unknown_arguments_are_refused() {
    for argument in ["--no-such-option", "--format=json", "--test-threads=0"] {
        let run = fixture().arg(argument).run();
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.starts_with("error: "), "{run:#?}");
    }
}

#[test]
fn two_threads_run_two_browsers_and_keep_their_lines_apart() {
    let run = fixture().arg("--test-threads=2").arg("--skip=waits").arg("passes").run();
    // passes, passes_at_the_second_attempt, never_passes
    assert_eq!(run.code, Some(101), "{run:#?}");
    let sessions: BTreeSet<_> = run
        .documents("report")
        .iter()
        .filter_map(|document| document["sessionId"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(sessions.len(), 5, "one, two and two attempts: {sessions:?}");
    let lines: Vec<_> = run.stdout.lines().collect();
    let verdict = lines.iter().position(|line| line.starts_with("test passes ... ok (")).unwrap();
    assert!(lines[verdict - 1].starts_with("  open the shop ... ok ("), "{run:#?}");
    run.assert_nothing_left();
}

#[test]
fn quiet_prints_a_character_a_monitor() {
    let run = fixture().arg("-q").arg("passes").arg("--exact").run();
    assert!(run.stdout.starts_with("\nrunning 1 test\n.\n\ntest result: ok. 1 passed;"), "{run:#?}");
}

#[test]
fn a_logfile_takes_the_output() {
    let run = fixture().monitor("passes").arg("--logfile").arg("log.txt").run();
    assert_eq!(run.stdout, "");
    let log = std::fs::read_to_string(run.folder().join("log.txt")).unwrap();
    assert!(log.contains("test passes ... ok ("), "{log}");
}

#[test]
fn the_next_browser_starts_when_the_last_step_is_over_and_not_before() {
    let run = fixture().arg("passes").arg("--skip=never").env("WAIT_FOR_TIMEOUT", "5s").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let reports = run.documents("report");
    let of = |monitor: &str, event: &str| {
        let found = |document: &&serde_json::Value| document["spec"] == monitor && document["event"] == event;
        reports.iter().rfind(found).unwrap().clone()
    };
    let last_step = of("passes", "testStepEnd")["timestamp"].as_f64().unwrap();
    let first = reports.iter().find(|document| document["spec"] == SECOND && document["event"] == "testEnd").unwrap();
    // A runner's duration is counted from the start of its browser.
    let started = first["timestamp"].as_f64().unwrap() - first["totalRunnerDuration"].as_f64().unwrap();
    // Both clocks are rounded to a millisecond.
    assert!(started + 2.0 >= last_step, "the browser started {} ms too early", last_step - started);
    run.assert_nothing_left();
}

const SECOND: &str = "passes_at_the_second_attempt";
