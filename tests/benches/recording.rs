//! What the default recording costs the page: load time and Largest Contentful Paint, with the recording and without.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench recording                  release profile
//! cargo bench -p canarytrace-tests --bench recording -- --pairs 10
//! BENCH_WITH="CANARYTRACE_VITALS=no" cargo bench -p canarytrace-tests --bench recording
//! ```
//!
//! The trace ids are no recording, but are on by default: the browser has each request wait for us. So what the rest costs is
//! measured in the same run, in turns. `BENCH_WITH` has options, separated by blanks, of a recording that is measured instead of
//! the two. What each collector costs alone, `canarytrace overhead` measures: with the same pairs of browsers that take turns.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use canarytrace_cli::overhead::{Changes, Pairs, Times};
use canarytrace_cli::own_monitors;
use canarytrace_cli::statistics::interval;
use canarytrace_tests::arguments::number_wanted;
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::machine::{load, profile};

/// Options of the side with the recording.
const WITH_VARIABLE: &str = "BENCH_WITH";

/// The target: largest change, in %.
const TARGET: f64 = 5.0;

fn main() -> ExitCode {
    if let Some(code) = own_monitors::run_if_child() {
        return code;
    }
    match number_wanted("--pairs", 40).and_then(bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(pairs: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure(pairs))
}

fn options(text: &str) -> Vec<(&str, &str)> {
    text.split_whitespace().filter_map(|option| option.split_once('=')).collect()
}

/// What is compared with a browser that records nothing.
struct Side<'a> {
    name: &'a str,
    with: Vec<(&'a str, &'a str)>,
    leaves: Option<&'a str>,
    changes: Changes,
    /// With the recording and without.
    all: Vec<[Times; 2]>,
}

impl<'a> Side<'a> {
    fn new(name: &'a str, with: Vec<(&'a str, &'a str)>, leaves: Option<&'a str>) -> Self {
        Self { name, with, leaves, changes: Changes::default(), all: Vec::new() }
    }

    fn print(&self) -> Result<()> {
        println!("\n{:<46} {:>9} {:>9} {:>9}", self.name, "median", "min", "max");
        let figures = |side: usize, figure: fn(&Times) -> f64| -> Figures {
            self.all.iter().map(|times| figure(&times[side])).collect()
        };
        figures(0, |times| times.load).print("loadEventEnd with the recording", "ms");
        figures(1, |times| times.load).print("loadEventEnd without", "ms");
        figures(0, |times| times.lcp).print("LCP with the recording", "ms");
        figures(1, |times| times.lcp).print("LCP without", "ms");
        for (what, changes) in [("loadEventEnd", &self.changes.load), ("LCP", &self.changes.lcp)] {
            changes.iter().copied().collect::<Figures>().print(&format!("change of {what} within a pair"), "%");
            let found = interval(changes).context("at least 6 pairs are needed for an interval")?;
            println!(
                "change of {what} {:.2} % (Hodges-Lehmann), 95 % interval {:.2} % to {:.2} % (signed rank)",
                found.estimate, found.low, found.high
            );
            print_target(&format!("upper 95 % bound of the change of {what}"), found.below, TARGET, " %");
        }
        Ok(())
    }
}

async fn measure(pairs: usize) -> Result<()> {
    let site = canarytrace::site::start(0).await.map_err(anyhow::Error::msg)?;
    println!(
        "recording: profile {}, {pairs} pairs, {} cores, load {}",
        profile()?,
        std::thread::available_parallelism()?,
        load()
    );
    let given = std::env::var(WITH_VARIABLE).ok();
    let mut sides = match &given {
        None => vec![
            Side::new("default recording", Vec::new(), Some("request-log")),
            Side::new("default recording without trace ids", options("TRACE_ID_NAME=no"), Some("request-log")),
        ],
        // With options of its own, it may leave nothing.
        Some(given) => vec![Side::new(given, options(given), None)],
    };
    let stage = Pairs::new(site.url().as_str()).await?;
    for number in 0..=pairs {
        for side in &mut sides {
            let times = stage.times(number, &side.with, side.leaves).await?;
            // Once before anything counts: files come from the disk.
            if number > 0 {
                side.changes.add(times);
                side.all.push(times);
            }
        }
    }
    for side in &sides {
        side.print()?;
    }
    println!("load at the end {}", load());
    site.stop().await;
    Ok(())
}
