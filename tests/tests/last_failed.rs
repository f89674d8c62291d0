//! `CANARYTRACE_LAST_FAILED` as a whole process sees it, with runs that other processes left.

use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::servers::PracticeSite;
use rustix::process::Signal;
use tempfile::TempDir;

/// A data folder that several processes use one after the other.
struct Data(TempDir);

impl Data {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn fixture(&self) -> Runner {
        Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).env("CANARYTRACE_DATA", self.0.path())
    }

    fn run(&self, monitor: &str) -> Finished {
        self.fixture().monitor(monitor).env("WAIT_FOR_TIMEOUT", "1s").run()
    }

    fn again(&self) -> Runner {
        self.fixture().env("CANARYTRACE_LAST_FAILED", "1").env("WAIT_FOR_TIMEOUT", "1s")
    }

    fn listed(&self, arguments: &[&str]) -> Vec<String> {
        let run = arguments.iter().fold(self.again().arg("--list"), Runner::arg).run();
        assert_eq!(run.code, Some(0), "{run:#?}");
        run.stdout.lines().map(str::to_owned).collect()
    }
}

#[test]
fn only_what_failed_last_runs_again_within_the_filters() {
    let data = Data::new();
    assert_eq!(data.run("fails_an_expectation").code, Some(101));
    assert_eq!(data.run("never_passes").code, Some(101));
    assert_eq!(data.run("passes").code, Some(0));
    assert_eq!(data.listed(&[]), ["fails_an_expectation: test", "never_passes: test"]);
    assert_eq!(data.listed(&["passes"]), ["never_passes: test"]);
    assert_eq!(data.listed(&["--format", "terse", "--ignored"]), [""; 0]);

    let run = data.again().arg("passes").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    assert!(
        run.stdout.contains("\nrunning 1 test\n") && run.stdout.contains("test never_passes ... FAILED"),
        "{run:#?}"
    );
    let said = "CANARYTRACE_LAST_FAILED: 1 of 2 monitors failed in the last run and run again; left out because no run of \
                it is stored: passes_at_the_second_attempt";
    assert!(run.stderr.contains(said), "{run:#?}");
    let spec = data.again().env("SPEC", "passes").run();
    assert_eq!(spec.code, Some(0), "{spec:#?}");
    assert!(spec.stdout.contains("\nrunning 0 tests\n") && spec.stdout.contains(" 1 filtered out;"), "{spec:#?}");
    assert!(spec.stderr.contains("the monitor passed in its last run, so it is not run"), "{spec:#?}");
}

#[test]
fn without_any_stored_run_it_is_an_error_and_not_green() {
    let run = Data::new().again().run();
    assert_eq!(run.code, Some(4), "{run:#?}");
    assert!(
        run.stderr.starts_with("error: CANARYTRACE_LAST_FAILED: no run of these monitors is stored in /"),
        "{run:#?}"
    );
    let list = Data::new().again().arg("--list").run();
    assert_eq!((list.code, list.stdout.as_str()), (Some(4), ""), "{list:#?}");
}

#[test]
fn a_run_that_was_killed_runs_again() {
    let data = Data::new();
    assert_eq!(data.run("passes").code, Some(0));
    let running = data.fixture().monitor("waits").start();
    running.wait_for_line("waiting");
    assert_eq!(data.listed(&[]), [""; 0], "it goes on");
    let browser = running.browser();
    running.signal(Signal::KILL);
    let driver = running.processes("chromedriver");
    let killed = running.finish();
    assert_eq!(killed.code, None);
    for pid in driver.into_iter().chain([browser]) {
        canarytrace_tests::runner::kill(pid, Signal::KILL);
    }
    assert_eq!(data.listed(&["waits", "--skip", "waits"]), [""; 0]);
    assert_eq!(data.listed(&[]), ["waits: test"]);
}

#[test]
fn urls_of_smoke_mode_run_again_alike() {
    let data = Data::new();
    let site = PracticeSite::start();
    let urls = format!("{};{}", site.url("/?token=t0ps3cret"), site.url("/faults/status/500?token=t0ps3cret"));
    let smoke = |runner: Runner| runner.env("MODE", "smoke").env("BASE_URL", &urls).run();
    let first = smoke(data.fixture());
    assert_eq!(first.code, Some(101), "{first:#?}");
    let again = smoke(data.again());
    assert_eq!(again.code, Some(101), "{again:#?}");
    assert!(again.stdout.contains("\nrunning 1 test\n") && again.stdout.contains("/faults/status/500"), "{again:#?}");
    assert!(again.stderr.contains("1 of 2 monitors failed"), "{again:#?}");
    assert!(!format!("{again:?}").contains("t0ps3cret"), "{again:#?}");
}
