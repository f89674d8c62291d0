//! How soon a dead browser ends the step, and a signal the process.
//!
//! `cargo bench -p canarytrace-tests --bench reactions [-- --rounds N]`
//!
//! The limits are those that the README promises: 2 s for a dead browser, 5 s for a signal.

use std::time::Instant;

use canarytrace_tests::runner::{Runner, Running, kill};
use rustix::process::Signal;

fn main() {
    let rounds = rounds();
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!("profile {profile}, {rounds} rounds; ms: minimum, median, maximum");
    let dead = |victim: fn(&Running) -> u32| {
        move |monitor: &str| {
            let running = waiting(monitor);
            let killed = jiff::Timestamp::now().as_millisecond();
            kill(victim(&running), Signal::KILL);
            let run = running.finish();
            let step = run.document("report", |document| document["event"] == "testStepEnd");
            step["timestamp"].as_i64().expect("epoch ms") - killed
        }
    };
    let signal = |signal: Signal| {
        move |monitor: &str| {
            let running = waiting(monitor);
            let sent = Instant::now();
            running.signal(signal);
            let run = running.finish();
            run.assert_nothing_left();
            i64::try_from(sent.elapsed().as_millis()).expect("it is short")
        }
    };
    let driver: fn(&Running) -> u32 = |running| running.processes("chromedriver")[0];
    let browser: fn(&Running) -> u32 = |running| running.browser();
    for (monitor, asks) in [("waits", "page in use"), ("waits_without_asking", "page not in use")] {
        measure(rounds, 2000, &format!("kill -9 of chromedriver to the end of the step, {asks}"), || {
            dead(driver)(monitor)
        });
        measure(rounds, 2000, &format!("kill -9 of the browser to the end of the step, {asks}"), || {
            dead(browser)(monitor)
        });
        measure(rounds, 5000, &format!("SIGTERM to the end of the process, {asks}"), || signal(Signal::TERM)(monitor));
        measure(rounds, 5000, &format!("SIGINT to the end of the process, {asks}"), || signal(Signal::INT)(monitor));
    }
}

fn rounds() -> usize {
    let mut arguments = std::env::args();
    match arguments.find(|argument| argument == "--rounds").and(arguments.next()) {
        Some(number) => number.parse().expect("--rounds takes a number"),
        None => 5,
    }
}

fn waiting(monitor: &str) -> Running {
    let running = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor).start();
    running.wait_for_line("waiting");
    running
}

fn measure(rounds: usize, limit: i64, what: &str, mut once: impl FnMut() -> i64) {
    let mut all: Vec<i64> = (0..rounds).map(|_| once()).collect();
    all.sort_unstable();
    let (least, median, most) = (all[0], all[all.len() / 2], all[all.len() - 1]);
    let verdict = if most <= limit { "met" } else { "NOT met" };
    println!("{what}: {least} {median} {most}; limit {limit}: {verdict}");
}
