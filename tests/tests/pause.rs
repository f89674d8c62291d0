//! `CANARYTRACE_PAUSE`: the browser stays open until a person goes on.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use canarytrace_tests::runner::{Finished, Runner, Running};
use rustix::process::Signal;

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor).env("WAIT_FOR_TIMEOUT", "1s")
}

/// A display that nobody sees, gone when dropped. Without Xvfb on the machine there is none, and the browser is told to
/// need none.
struct Display {
    server: Option<Child>,
    browser: (&'static str, String),
}

impl Display {
    fn start() -> Self {
        let mut command = Command::new("Xvfb");
        // It picks a free number and writes it to standard output when it is ready.
        command.args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]);
        let Ok(mut server) = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
            return Self { server: None, browser: ("CANARYTRACE_BROWSER_ARGS", "--headless=new".to_owned()) };
        };
        let mut number = String::new();
        let mut output = std::io::BufReader::new(server.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut output, &mut number).unwrap();
        Self { server: Some(server), browser: ("DISPLAY", format!(":{}", number.trim())) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn paused(display: &Display, monitor: &str, pause: &str) -> Running {
    let (name, value) = &display.browser;
    let runner = fixture(monitor).env(name, value).env("CANARYTRACE_HEADED", "yes");
    runner.env("CANARYTRACE_PAUSE", pause).with_input().start()
}

fn finish(running: Running) -> Finished {
    let run = running.finish();
    run.assert_complete();
    run.assert_nothing_left();
    run
}

#[test]
fn a_pause_that_nobody_could_end_is_refused() {
    for pause in ["on-failure", "step"] {
        let run = fixture("passes").env("CANARYTRACE_PAUSE", pause).run();
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains("CANARYTRACE_PAUSE") && run.stderr.contains("CANARYTRACE_HEADED=1"), "{run:#?}");
        assert!(!Path::new(run.data()).exists(), "nothing was run: {run:#?}");
    }
    let run = fixture("passes").env("CANARYTRACE_PAUSE", "often").run();
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("allowed are on-failure, step, no"), "{run:#?}");
}

#[test]
fn each_step_waits_for_enter_and_time_limits_stand_still() {
    let display = Display::start();
    let mut running = paused(&display, "is_looked_at", "step");
    for title in ["open the shop", "look again", "around"] {
        running.wait_for_notice(&format!("paused after the step \"{title}\" of is_looked_at"));
        assert!(running.wait_for_notice("page: ").contains("http://127.0.0.1:"));
        running.wait_for_notice("DevTools: http://");
        running.wait_for_notice("press Enter");
        if title == "open the shop" {
            // Longer than the step around it may take.
            std::thread::sleep(Duration::from_secs(11));
        }
        running.press_enter();
    }
    let run = finish(running);
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[test]
fn a_failure_waits_once_and_keeps_its_verdict() {
    let display = Display::start();
    let mut running = paused(&display, "fails_an_expectation", "on-failure");
    let notice = running.wait_for_notice("paused ");
    assert!(
        notice.contains("after the step \"open the shop\" of fails_an_expectation, which failed (assertion)"),
        "{notice}"
    );
    running.wait_for_notice("press Enter");
    assert!(!running.processes("chrom").is_empty(), "the browser is there to be looked at");
    running.press_enter();
    let run = finish(running);
    assert_eq!(run.code, Some(101), "{run:#?}");
    assert_eq!(run.stderr.matches("paused ").count(), 1, "{run:#?}");
    assert_eq!(run.document("summary", |_| true)["error"]["type"], "assertion");
}

#[test]
fn who_closes_the_browser_has_seen_enough() {
    let display = Display::start();
    let running = paused(&display, "fails_an_expectation", "on-failure");
    running.wait_for_notice("press Enter");
    canarytrace_tests::runner::kill(running.browser(), Signal::TERM);
    let run = finish(running);
    assert_eq!(run.code, Some(101), "{run:#?}");
    assert_eq!(run.document("summary", |_| true)["error"]["type"], "assertion", "{run:#?}");
}

#[test]
fn a_signal_ends_a_pause() {
    let display = Display::start();
    let running = paused(&display, "fails_softly_then_hard", "on-failure");
    // Of the soft failure nothing is heard before the next step ends.
    running.wait_for_notice("paused ");
    running.wait_for_notice("press Enter");
    running.signal(Signal::TERM);
    let run = finish(running);
    assert_eq!(run.code, Some(143), "{run:#?}");
}

#[test]
fn slowmo_pauses_after_each_action() {
    let run = fixture("acts_three_times").env("SLOWMO", "400").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let search = run.document("report", |document| document["event"] == "testStepEnd" && document["title"] == "search");
    // Three pauses can't be shorter than three pauses, however fast the machine.
    assert!(search["testStepDuration"].as_f64().unwrap() >= 1200.0, "{search:#?}");
}
