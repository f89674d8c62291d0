//! `CANARYTRACE_START_OFFSET`: a wait before the browser is touched, which nothing of the run knows of.

use std::time::Duration;

use canarytrace::harness::start_offset;
use canarytrace_tests::runner::Runner;
use rustix::process::Signal;

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor)
}

#[test]
fn a_monitor_waits_its_own_part_before_its_run_begins() {
    let longest = Duration::from_secs(3);
    let offset = start_offset("saves_orders", longest);
    assert!(offset > Duration::from_millis(200), "another name of a fixture is needed: {offset:?}");
    let begun = std::time::Instant::now();
    let run = fixture("saves_orders").env("CANARYTRACE_START_OFFSET", "3s").run();
    let took = begun.elapsed();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(took >= offset, "{took:?}");
    let notice =
        format!("canarytrace: waiting {:.1} s before the first browser, of at most 3.0 s", offset.as_secs_f64());
    assert!(run.stderr.contains(&notice), "{run:#?}");
    // Neither the run nor the session has it in its time.
    let summary = run.document("summary", |_| true);
    let us = summary["monitor"]["duration"]["us"].as_u64().unwrap();
    assert!(Duration::from_micros(us) + offset <= took, "{us} µs of {took:?}");
}

#[test]
fn sigterm_ends_the_wait_and_nothing_was_run() {
    let running = fixture("waits").env("CANARYTRACE_START_OFFSET", "1h").start();
    running.wait_for_notice("before the first browser, of at most 3600.0 s");
    running.signal(Signal::TERM);
    let run = running.finish();
    assert_eq!(run.code, Some(143), "{run:#?}");
    assert!(run.stdout.contains("\nnot run: 1 (interrupted)\n"), "{run:#?}");
    run.assert_nothing_left();
}

#[test]
fn without_the_option_nothing_waits_and_nothing_is_said() {
    let run = fixture("saves_orders").run();
    assert!(!run.stderr.contains("before the first browser"), "{run:#?}");
}
