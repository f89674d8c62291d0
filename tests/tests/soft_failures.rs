//! `expect_soft`: the journey goes on, and the monitor fails at its end with everything that was noted.

use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

fn run(monitor: &str) -> Finished {
    let run = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor).env("WAIT_FOR_TIMEOUT", "1s").run();
    run.assert_complete();
    run.assert_nothing_left();
    run
}

fn step(run: &Finished, title: &str) -> Value {
    run.document("report", |document| document["event"] == "testStepEnd" && document["title"] == title)
}

fn expected(title: &str) -> String {
    format!("expected the title to be \"{title}\", but it was \"Practice shop\"; waited 1s (WAIT_FOR_TIMEOUT)")
}

#[test]
fn a_step_with_soft_failures_failed_and_the_journey_goes_on() {
    let run = run("notes_soft_failures");
    assert_eq!(run.code, Some(101), "{run:#?}");
    let both = format!("2 soft failures:\n- {}\n- {}", expected("Another shop"), expected("A third shop"));

    let inner = step(&run, "look closer");
    assert_eq!((&inner["passed"], inner["errMessage"].as_str()), (&false.into(), Some(&*expected("A third shop"))));
    assert_eq!((&inner["errType"], &inner["fault"]), (&"assertion".into(), &"application".into()));
    assert_eq!(inner["attachments"].as_array().map(Vec::len), Some(2), "a screenshot and the DOM: {inner:#?}");
    let outer = step(&run, "look twice");
    assert_eq!((&outer["passed"], outer["errMessage"].as_str()), (&false.into(), Some(&*both)));
    assert_eq!(outer["attachments"].as_array().map(Vec::len), Some(1), "not the same files twice: {outer:#?}");
    assert_eq!(step(&run, "look again")["passed"], true);

    let end = run.document("report", |document| document["event"] == "testEnd");
    assert_eq!((&end["passed"], end["errMessage"].as_str()), (&false.into(), Some(&*both)));
    let summary = run.document("summary", |_| true);
    assert_eq!((&summary["error"]["type"], &summary["monitor"]["status"]), (&"assertion".into(), &"down".into()));
    for line in ["look closer ... FAILED", "look twice ... FAILED", "look again ... ok", "2 soft failures:"] {
        assert!(run.stdout.contains(line), "{line}: {run:#?}");
    }
    assert_eq!(run.attachments().len(), 3, "those two, and the log of the browser's messages: {run:#?}");
}

#[test]
fn a_hard_failure_leads_and_the_soft_ones_before_it_are_told() {
    let run = run("fails_softly_then_hard");
    assert_eq!(run.code, Some(101), "{run:#?}");
    let summary = run.document("summary", |_| true);
    assert_eq!(summary["error"]["type"], "locator", "{run:#?}");
    let message = summary["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("could not click"), "{message}");
    assert!(
        message.ends_with(&format!("\nand before it a soft failure:\n- {}", expected("Another shop"))),
        "{message}"
    );
    // It was noted outside of this step.
    let step = step(&run, "click what is not there");
    assert!(!step["errMessage"].as_str().unwrap().contains("soft"), "{step:#?}");
}

#[test]
fn every_attempt_begins_without_soft_failures() {
    let run = run("fails_softly_at_first");
    assert_eq!(run.code, Some(0), "{run:#?}");
    let outcome = run.document("summary", |document| document["summary"]["final_attempt"] == true);
    assert_eq!(outcome["summary"]["outcome"], "flaky", "{run:#?}");
    let first = run.document("summary", |document| document["summary"]["attempt"] == 1);
    assert_eq!(first["error"]["message"], expected("Another shop"));
}

#[test]
fn a_route_that_panics_fails_the_monitor_and_the_request_goes_on() {
    let run = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor("has_a_route_that_panics").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let step = step(&run, "ask");
    let message = step["errMessage"].as_str().unwrap_or_default();
    assert!(message.contains("the route for \"/api/text\" failed for GET http"), "{step:#?}");
    assert!(message.contains("it panicked: no route today"), "{step:#?}");
}
