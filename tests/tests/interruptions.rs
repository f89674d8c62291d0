//! Whatever is killed, the documents are there and nothing of ours is left.

use std::time::Duration;

use canarytrace_tests::runner::{Finished, Runner, Running, kill, processes_below, run_folders};
use rustix::process::Signal;

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor)
}

/// Starts a monitor that waits and returns when it does.
fn waiting(monitor: &str) -> Running {
    let running = fixture(monitor).start();
    running.wait_for_line("waiting");
    running
}

fn assert_failed(run: &Finished, code: i32, kind: &str, fault: &str, message: &str) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    let summary = run.document("summary", |_| true);
    let error = &summary["error"];
    assert_eq!((error["type"].as_str(), error["fault"].as_str()), (Some(kind), Some(fault)), "{run:#?}");
    assert!(error["message"].as_str().unwrap().contains(message), "{run:#?}");
    let step = run.document("report", |document| document["event"] == "testStepEnd");
    assert_eq!(step["passed"], false);
    assert_eq!(run.documents("report").last().unwrap()["event"], "testEnd");
    run.assert_nothing_left();
}

#[test]
fn sigterm_ends_the_run_with_its_documents() {
    let running = waiting("waits");
    running.signal(Signal::TERM);
    let run = running.finish();
    assert_failed(&run, 143, "harness", "harness", "interrupted by SIGTERM");
    assert!(run.stdout.contains("test waits ... FAILED ("), "{run:#?}");
}

#[test]
fn sigint_ends_a_monitor_that_asks_nothing_of_its_browser() {
    let running = waiting("waits_without_asking");
    running.signal(Signal::INT);
    assert_failed(&running.finish(), 130, "harness", "harness", "interrupted by SIGINT");
}

#[test]
fn sigterm_lets_no_further_monitor_begin() {
    let running = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).arg("waits").start();
    running.wait_for_line("waiting");
    running.signal(Signal::TERM);
    let run = running.finish();
    assert_eq!(run.code, Some(143), "{run:#?}");
    assert_eq!(run.runs().len(), 1);
    assert!(run.stdout.contains("\nnot run: 1 (interrupted)\n"), "{run:#?}");
    run.assert_nothing_left();
}

#[test]
fn sigterm_while_the_browser_starts_leaves_nothing() {
    let running = fixture("waits").start();
    // As early as there is something that could be left.
    while running.processes("chromedriver").is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    running.signal(Signal::TERM);
    let run = running.finish();
    assert_eq!(run.code, Some(143), "{run:#?}");
    assert_eq!(run.document("summary", |_| true)["error"]["message"], "interrupted by SIGTERM");
    run.assert_nothing_left();
}

#[test]
fn kill_9_of_chromedriver_ends_the_step_and_leaves_nothing() {
    let running = waiting("waits");
    let driver = running.processes("chromedriver");
    assert_eq!(driver.len(), 1);
    kill(driver[0], Signal::KILL);
    assert_failed(&running.finish(), 102, "browser_crash", "browser", "chromedriver");
}

#[test]
fn kill_9_of_chromedriver_is_noticed_by_a_monitor_that_asks_nothing() {
    let running = waiting("waits_without_asking");
    kill(running.processes("chromedriver")[0], Signal::KILL);
    assert_failed(&running.finish(), 102, "browser_crash", "browser", "chromedriver");
}

#[test]
fn kill_9_of_the_browser_ends_the_step_and_leaves_nothing() {
    for monitor in ["waits", "waits_without_asking"] {
        let running = waiting(monitor);
        kill(running.browser(), Signal::KILL);
        let run = running.finish();
        assert_failed(&run, 102, "browser_crash", "browser", "");
        assert!(run.stdout.contains(&format!("test {monitor} ... FAILED")), "{run:#?}");
    }
}

#[test]
fn after_kill_9_of_the_runner_the_next_run_cleans_up() {
    let running = waiting("waits");
    running.signal(Signal::KILL);
    // The folder stays with `killed`, and the next run gets the same one.
    let killed = running.finish();
    assert_eq!(killed.code, None, "a signal ended it");
    let reports = killed.documents("report");
    assert_eq!(reports.last().unwrap()["event"], "testStepStart", "what was there stays there: {reports:#?}");
    let temp = killed.folder().join("t");
    assert_eq!(run_folders(killed.folder()).len(), 1, "otherwise this test shows nothing");

    let next = fixture("passes").env("TMPDIR", &temp).run();
    assert_eq!(next.code, Some(0), "{next:#?}");
    assert!(next.stderr.contains("canarytrace: "), "{next:#?}");
    assert_eq!(run_folders(killed.folder()), Vec::<std::path::PathBuf>::new());
    let left = processes_below(killed.folder(), "");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_runs_at_once_leave_each_others_browsers_alone() {
    let first = waiting("waits");
    let temp = first.temp();
    let second = fixture("passes").env("TMPDIR", &temp).run();
    assert_eq!(second.code, Some(0), "{second:#?}");
    assert_eq!(first.processes("chromedriver").len(), 1, "the first still lives");
    first.signal(Signal::TERM);
    assert_failed(&first.finish(), 143, "harness", "harness", "SIGTERM");
}
