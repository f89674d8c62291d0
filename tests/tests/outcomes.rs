//! How runs end, and what they leave: one monitor of `fixture-monitors` a test, in a real browser.

use std::path::Path;

use canarytrace::record::DATASETS;
use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

fn run(monitor: &str) -> Finished {
    fixture().monitor(monitor).run()
}

fn fixture() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
}

fn is_png(path: &Value) -> bool {
    Path::new(path.as_str().unwrap()).extension().is_some_and(|extension| extension == "png")
}

/// Fails with everything there is to see of the run.
fn assert_outcome(run: &Finished, code: i32, kind: &str, fault: &str) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    let summary = run.document("summary", |document| document["summary"]["final_attempt"] == true);
    let expected = if code == 0 { ("up", 1, 0) } else { ("down", 0, 1) };
    let status = summary["monitor"]["status"].as_str().unwrap();
    assert_eq!(
        (status, &summary["summary"]["up"], &summary["summary"]["down"]),
        (expected.0, &expected.1.into(), &expected.2.into())
    );
    if code != 0 {
        assert_eq!(
            (summary["error"]["type"].as_str(), summary["error"]["fault"].as_str()),
            (Some(kind), Some(fault)),
            "{run:#?}"
        );
    }
    // Every document has its number, and none is missing, whatever happened.
    let mut numbers: Vec<_> = DATASETS
        .iter()
        .flat_map(|dataset| run.documents(dataset.name))
        .map(|document| document["sequence"].as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    // What began has ended.
    let count = |event: &str| run.documents("report").iter().filter(|document| document["event"] == event).count();
    assert_eq!(count("testStepStart"), count("testStepEnd"), "{run:#?}");
    assert_eq!(count("testStart"), count("testEnd"), "{run:#?}");
    run.assert_nothing_left();
}

fn step(run: &Finished, title: &str) -> Value {
    run.document("report", |document| document["event"] == "testStepEnd" && document["title"] == title)
}

#[test]
fn a_run_that_passes_leaves_its_report_and_summary() {
    let run = fixture().monitor("passes").env("LABELS", "nightly, eu").env("CANARYTRACE_LOCATION", "lab").run();
    assert_outcome(&run, 0, "", "");
    let mut redaction = Redaction::default();
    insta::assert_json_snapshot!("passes-report", redaction.documents(run.documents("report")));
    insta::assert_json_snapshot!("passes-summary", redaction.documents(run.documents("summary")));
    assert!(run.attachments().is_empty(), "{:?}", run.attachments());
    let (before, after) = run
        .stdout
        .split_once("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; ")
        .unwrap_or_else(|| panic!("{run:#?}"));
    assert!(after.contains(" filtered out; finished in "), "{run:#?}");
    assert!(before.contains("\nrunning 1 test\n  open the shop ... ok ("), "{run:#?}");
    assert!(before.contains("\ntest passes ... ok ("), "{run:#?}");
    let runs = run.runs()[0].parent().unwrap().to_owned();
    assert!(after.ends_with(&format!("\n\nruns: {}\n", runs.display())), "{run:#?}");
}

#[test]
fn suites_and_steps_nest() {
    let run = run("nested_suites");
    assert_outcome(&run, 0, "", "");
    let titles: Vec<String> = run
        .documents("report")
        .iter()
        .filter(|document| document.get("title").is_some())
        .map(|document| {
            format!(
                "{} {} < {}",
                document["event"].as_str().unwrap(),
                document["fullTitle"].as_str().unwrap(),
                document["parent"].as_str().unwrap_or("-")
            )
        })
        .collect();
    insta::assert_snapshot!("nested-titles", titles.join("\n"));
    let total =
        run.document("report", |document| document["event"] == "testEnd")["totalTestStepsDuration"].as_f64().unwrap();
    let outermost: f64 = run
        .documents("report")
        .iter()
        .filter(|document| document["event"] == "testStepEnd" && document["title"] == "open")
        .map(|document| document["testStepDuration"].as_f64().unwrap())
        .sum();
    assert!((total - outermost).abs() < 1e-6, "steps within steps count once: {total} {outermost}");
}

#[test]
fn a_failed_expectation_says_what_it_saw_and_leaves_a_screenshot_and_the_dom() {
    let run = fixture().monitor("fails_an_expectation").env("WAIT_FOR_TIMEOUT", "1s").run();
    assert_outcome(&run, 101, "assertion", "application");
    let step = step(&run, "open the shop");
    assert_eq!(
        step["errMessage"],
        "expected the title to be \"Another shop\", but it was \"Practice shop\"; waited 1s (WAIT_FOR_TIMEOUT)"
    );
    assert_eq!(step["passed"], false);
    let mut redaction = Redaction::default();
    insta::assert_json_snapshot!("fails-report", redaction.documents(run.documents("report")));
    insta::assert_json_snapshot!("fails-summary", redaction.documents(run.documents("summary")));
    let files = run.attachments();
    assert_eq!(files.len(), 3, "{files:?}");
    for path in step["attachments"].as_array().unwrap() {
        let content = std::fs::read(run.runs()[0].join(path.as_str().unwrap())).unwrap();
        if is_png(path) {
            // Width and height are the first fields of the first chunk.
            assert_eq!(content[..8], *b"\x89PNG\r\n\x1a\n");
            assert_eq!(
                (&content[16..20], &content[20..24]),
                (&1920_u32.to_be_bytes()[..], &1080_u32.to_be_bytes()[..])
            );
        } else {
            let html = String::from_utf8(content).unwrap();
            assert!(html.starts_with("<!DOCTYPE html>") && html.contains("Practice shop"), "{html}");
        }
    }
    assert!(
        run.stdout.contains(
            "\nfailures:\n\n---- fails_an_expectation ----\nassertion (application fault): expected the title"
        )
    );
    assert!(run.stdout.contains("\nfailures:\n    fails_an_expectation\n\ntest result: FAILED. 0 passed; 1 failed;"));
}

#[test]
fn attachments_no_keeps_no_files_of_a_failure() {
    let run = fixture().monitor("fails_an_expectation").env("WAIT_FOR_TIMEOUT", "1s").env("ATTACHMENTS", "no").run();
    assert_outcome(&run, 101, "assertion", "application");
    assert!(run.attachments().is_empty());
    assert_eq!(step(&run, "open the shop")["attachments"], serde_json::json!(["no"]));
}

#[test]
fn capture_every_screen_keeps_a_screenshot_of_each_step() {
    let run = fixture().monitor("passes").env("CAPTURE_EVERY_SCREEN", "allow").run();
    assert_outcome(&run, 0, "", "");
    let kept = step(&run, "open the shop")["attachments"].as_array().unwrap().clone();
    assert_eq!(kept.len(), 1);
    assert!(is_png(&kept[0]));
}

#[test]
fn an_element_that_never_comes_is_a_locator_failure() {
    let run = fixture().monitor("misses_an_element").env("WAIT_FOR_TIMEOUT", "1s").run();
    assert_outcome(&run, 101, "locator", "application");
    assert_eq!(
        step(&run, "click what is not there")["errMessage"],
        "could not click css \"#no-such-element\": waited 1s (WAIT_FOR_TIMEOUT), no element matched"
    );
}

#[test]
fn a_status_of_500_is_an_http_failure() {
    let run = run("answers_500");
    assert_outcome(&run, 101, "http_status", "application");
    let message = step(&run, "open a broken page")["errMessage"].as_str().unwrap().to_owned();
    assert!(message.ends_with("/faults/status/500 answered 500 Internal Server Error"), "{message}");
}

#[test]
fn a_panic_is_an_assertion_with_its_message_and_place() {
    let run = run("panics");
    assert_outcome(&run, 101, "assertion", "application");
    let message = step(&run, "count")["errMessage"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("the monitor panicked: assertion `left == right` failed: the basket is wrong\n"),
        "{message}"
    );
    assert!(message.contains("fixture-monitors.rs:"), "{message}");
    assert!(!run.stderr.contains("panicked at"), "it is told once: {}", run.stderr);
}

#[test]
fn an_error_outside_every_step_still_leaves_evidence() {
    let run = run("returns_a_foreign_error");
    assert_outcome(&run, 101, "assertion", "application");
    let end = run.document("report", |document| document["event"] == "testEnd");
    assert_eq!(end["errMessage"], "invalid digit found in string");
    // Screenshot, DOM, and the log of the browser's messages.
    assert_eq!(end["attachments"].as_array().unwrap().len(), 3);
}

#[test]
fn a_monitor_that_takes_too_long_ends_with_its_step_named() {
    let run = run("is_too_slow");
    assert_outcome(&run, 101, "timeout", "application");
    assert_eq!(
        step(&run, "wait for ever")["errMessage"],
        "the monitor took longer than its timeout of 2s while in the step \"wait for ever\""
    );
    assert_eq!(run.attachments().len(), 3);
}

#[test]
fn a_monitor_that_blocks_its_thread_is_given_up_and_not_run_again() {
    let run = run("blocks_its_thread");
    assert_outcome(&run, 101, "timeout", "application");
    let message = step(&run, "block")["errMessage"].as_str().unwrap().to_owned();
    assert!(message.ends_with("; the monitor's code blocks its thread (use tokio's sleep and I/O)"), "{message}");
    assert_eq!(run.documents("summary").len(), 1);
}

#[test]
fn a_step_that_takes_too_long_fails_and_the_journey_may_go_on() {
    let run = run("has_a_slow_step");
    assert_outcome(&run, 101, "timeout", "application");
    assert_eq!(
        step(&run, "wait for ever")["errMessage"],
        "the step \"wait for ever\" took longer than its timeout of 1s"
    );
    assert_eq!(step(&run, "look again")["passed"], true);
}

#[test]
fn a_step_timeout_for_all_steps_comes_from_the_options() {
    let run = fixture().monitor("waits_without_asking").env("CANARYTRACE_STEP_TIMEOUT", "2s").run();
    assert_outcome(&run, 101, "timeout", "application");
    assert_eq!(step(&run, "wait")["errMessage"], "the step \"wait\" took longer than its timeout of 2s");
}

#[test]
fn a_retry_that_passes_is_flaky_and_every_attempt_has_a_fresh_browser() {
    let run = fixture()
        .monitor("passes_at_the_second_attempt")
        .env("WAIT_FOR_TIMEOUT", "1s")
        .env("CANARYTRACE_JUNIT", "report/junit.xml")
        .run();
    assert_outcome(&run, 0, "", "");
    let summaries = run.documents("summary");
    let facts: Vec<_> = summaries
        .iter()
        .map(|document| {
            let summary = &document["summary"];
            (
                document["attempt"].as_u64(),
                summary["attempt"].as_u64(),
                summary["final_attempt"].as_bool(),
                summary["outcome"].as_str(),
            )
        })
        .collect();
    assert_eq!(facts, [(Some(1), Some(1), Some(false), None), (Some(2), Some(2), Some(true), Some("flaky"))]);
    assert_eq!(summaries[0]["uuid"], summaries[1]["uuid"]);
    let sessions: Vec<_> = run
        .documents("report")
        .into_iter()
        .filter(|document| document["event"] == "testStart")
        .map(|document| document["sessionId"].as_str().unwrap().to_owned())
        .collect();
    assert!(sessions.len() == 2 && sessions[0] != sessions[1], "{sessions:?}");
    assert!(run.stdout.contains("test passes_at_the_second_attempt ... ok (flaky, attempt 2) ("), "{run:#?}");
    assert!(run.stdout.contains("\nflaky: passes_at_the_second_attempt (passed on attempt 2 of 3)\n"), "{run:#?}");
    let junit = std::fs::read_to_string(run.folder().join("report/junit.xml")).unwrap();
    assert!(junit.contains("<flakyFailure ") && junit.contains(" failures=\"0\" errors=\"0\""), "{junit}");
}

#[test]
fn a_run_whose_retries_are_used_up_has_failed() {
    let run = fixture().monitor("never_passes").env("CANARYTRACE_JUNIT", "junit.xml").run();
    assert_outcome(&run, 101, "assertion", "application");
    assert_eq!(run.documents("summary").len(), 2);
    assert!(run.stdout.contains("  attempt 1 failed: no luck\n  attempt 2 of 2:\n"), "{run:#?}");
    assert!(run.stdout.contains("\nfailed in each of 2 attempts\n"), "{run:#?}");
    let junit = std::fs::read_to_string(run.folder().join("junit.xml")).unwrap();
    assert!(
        junit.contains("<failure message=\"no luck\" type=\"assertion\">") && junit.contains("<rerunFailure "),
        "{junit}"
    );
}

#[test]
fn a_broken_budget_fails_a_run_whose_steps_passed() {
    let run = run("breaks_its_budget");
    assert_outcome(&run, 101, "budget", "application");
    assert_eq!(step(&run, "open the shop")["passed"], true);
    let message = run.document("summary", |_| true)["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains(", allowed is at most 1 ms\nbudget step \"pay\": no data, no step of this title ran"),
        "{message}"
    );
}

#[test]
fn a_secret_parameter_is_in_no_output() {
    let secret = "s3cret äpfel \"quotes\"";
    let run = fixture()
        .monitor("leaks_its_secret")
        .env("FIXTURE_PASSWORD", secret)
        .env("WAIT_FOR_TIMEOUT", "1s")
        .env("CANARYTRACE_JUNIT", "junit.xml")
        .env("LOG_LEVEL", "trace")
        .run();
    assert_outcome(&run, 101, "assertion", "application");
    let mut texts =
        vec![run.stdout.clone(), run.stderr.clone(), std::fs::read_to_string(run.folder().join("junit.xml")).unwrap()];
    for folder in run.runs() {
        for file in std::fs::read_dir(folder).unwrap().flatten().filter(|file| file.path().extension().is_some()) {
            texts.push(std::fs::read_to_string(file.path()).unwrap());
        }
    }
    let dom = run.attachments().into_iter().find(|path| path.extension().unwrap() == "html").unwrap();
    texts.push(std::fs::read_to_string(dom).unwrap());
    assert!(texts.len() >= 5, "report, summary, dom, and outputs");
    for text in &texts {
        for part in ["s3cret", "äpfel", "%C3%A4pfel"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
    assert!(texts.iter().any(|text| text.contains("***")), "it was masked, not left out");
}

#[test]
fn a_parameter_without_a_value_fails_before_a_browser_is_started() {
    let run = run("leaks_its_secret");
    assert_eq!(run.code, Some(102), "{run:#?}");
    let summary = run.document("summary", |_| true);
    assert_eq!(summary["error"]["fault"], "harness");
    assert_eq!(
        summary["error"]["message"],
        "parameter fixture_password has no value: set the environment variable FIXTURE_PASSWORD (or \
         FIXTURE_PASSWORD_FILE, naming a file), or fixture_password under [params] in canarytrace.toml"
    );
    assert!(run.documents("report").iter().all(|document| document.get("sessionId").is_none()));
    run.assert_nothing_left();
}

#[test]
fn a_monitor_on_a_mobile_preset_sees_a_phone() {
    assert_outcome(&run("is_mobile"), 0, "", "");
}

#[test]
fn a_crashed_tab_is_the_browsers_fault() {
    let run = run("crashes_its_tab");
    assert_outcome(&run, 102, "browser_crash", "browser");
    assert_eq!(step(&run, "crash")["passed"], false);
}

#[test]
fn a_dialog_in_the_way_is_told_with_its_text() {
    let run = run("meets_a_dialog");
    assert_outcome(&run, 101, "assertion", "application");
    let message = step(&run, "open a page with a dialog")["errMessage"].as_str().unwrap().to_owned();
    assert!(
        message.contains(
            "/faults/alert: the page opened a dialog (alert) that says \"Practice alert\"; it was dismissed;"
        ),
        "{message}"
    );
}

#[test]
fn a_headed_browser_without_a_display_says_what_is_missing() {
    let run = fixture().monitor("passes").env("CANARYTRACE_HEADED", "1").run();
    assert_outcome(&run, 102, "browser_crash", "browser");
    let message = run.document("summary", |_| true)["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("CANARYTRACE_HEADED=1 needs a display"), "{message}");
}

#[test]
fn the_log_tells_the_phases_and_no_secret() {
    let run = fixture()
        .monitor("leaks_its_secret")
        .env("LOG_LEVEL", "trace")
        .env("WAIT_FOR_TIMEOUT", "1s")
        .env("FIXTURE_PASSWORD", "s3cret")
        .run();
    for phase in ["start", "prepare", "execution", "stop"] {
        assert!(run.stderr.contains(&format!("phase=\"{phase}\" took=")), "{run:#?}");
    }
    assert!(!run.stderr.contains("s3cret"), "{run:#?}");
}

#[test]
fn evidence_is_of_the_window_that_was_used_last() {
    let run = fixture().monitor("fails_in_a_second_window").env("WAIT_FOR_TIMEOUT", "1s").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let copies =
        run.attachments().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "html"));
    let copies: Vec<_> = copies.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert_eq!(copies.len(), 1, "{run:#?}");
    assert!(copies[0].contains("<h1>Log in</h1>"), "{}", copies[0]);
}
