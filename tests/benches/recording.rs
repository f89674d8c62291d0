//! What the default recording costs the page: load time and Largest Contentful Paint, with the recording and without.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench recording                  release profile
//! cargo bench -p canarytrace-tests --bench recording -- --pairs 10
//! BENCH_WITH="TRACE_ID_NAME=no" cargo bench -p canarytrace-tests --bench recording
//! ```
//!
//! `BENCH_WITH` has options, separated by blanks, of the side with the recording: to see what a part of it costs. What
//! each collector costs alone, `canarytrace overhead` measures: with the same pairs of browsers that take turns.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use canarytrace_cli::overhead::{Changes, Pairs};
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

async fn measure(pairs: usize) -> Result<()> {
    let site = canarytrace::site::start(0).await.map_err(anyhow::Error::msg)?;
    println!(
        "recording: profile {}, {pairs} pairs, {} cores, load {}",
        profile()?,
        std::thread::available_parallelism()?,
        load()
    );
    let with = std::env::var(WITH_VARIABLE).unwrap_or_default();
    let with: Vec<(&str, &str)> = with.split_whitespace().filter_map(|option| option.split_once('=')).collect();
    // With options of its own, it may leave nothing.
    let leaves = with.is_empty().then_some("request-log");
    let stage = Pairs::new(site.url().as_str()).await?;
    // Once before anything counts: files come from the disk.
    stage.times(0, &with, leaves).await?;
    let mut all = Vec::new();
    let mut changes = Changes::default();
    for number in 0..pairs {
        let times = stage.times(number, &with, leaves).await?;
        changes.add(times);
        all.push(times);
    }
    println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    all.iter().map(|[with, _]| with.load).collect::<Figures>().print("loadEventEnd with the recording", "ms");
    all.iter().map(|[_, without]| without.load).collect::<Figures>().print("loadEventEnd without", "ms");
    all.iter().map(|[with, _]| with.lcp).collect::<Figures>().print("LCP with the recording", "ms");
    all.iter().map(|[_, without]| without.lcp).collect::<Figures>().print("LCP without", "ms");
    for (what, changes) in [("loadEventEnd", &changes.load), ("LCP", &changes.lcp)] {
        changes.iter().copied().collect::<Figures>().print(&format!("change of {what} within a pair"), "%");
        let found = interval(changes).context("at least 6 pairs are needed for an interval")?;
        println!(
            "change of {what} {:.2} % (Hodges-Lehmann), 95 % interval {:.2} % to {:.2} % (signed rank)",
            found.estimate, found.low, found.high
        );
        print_target(&format!("upper 95 % bound of the change of {what}"), found.below, TARGET, " %");
    }
    println!("load at the end {}", load());
    site.stop().await;
    Ok(())
}
