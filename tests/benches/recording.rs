//! What the default recording costs the page: the time it takes to load, with the recording and without.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench recording                  release profile
//! cargo bench -p canarytrace-tests --bench recording -- --pairs 10
//! BENCH_WITH="TRACE_ID_NAME=no" cargo bench -p canarytrace-tests --bench recording
//! ```
//!
//! `BENCH_WITH` has options, separated by blanks, of the side with the recording: to see what a part of it costs.
//!
//! A pair is two monitors in two processes with a browser each, one with the options as they are by default and one with
//! everything off. Both run at the same time and load the shop's pages in turns, one of them at a time, so that both meet
//! the same machine. Each pair begins anew, since no two browsers are equally fast. Figures are relative to the pair's
//! own monitor without recording.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use canarytrace::prelude::*;
use canarytrace_tests::arguments::number_wanted;
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::runner::{Finished, Runner, Running};

/// Makes the process one that runs the monitor and nothing else.
const MONITOR_VARIABLE: &str = "BENCH_MONITORS";

/// Options of the side with the recording.
const WITH_VARIABLE: &str = "BENCH_WITH";

/// What is switched off beside the default.
const OFF: [(&str, &str); 4] =
    [("REQUEST_LOG", "no"), ("CONSOLE_INTERCEPT", "no"), ("CANARYTRACE_CDP_LOG", "off"), ("TRACE_ID_NAME", "no")];

/// The shop's pages, in the order of their visits.
const PAGES: [&str; 4] = ["/", "/search?q=desk", "/products/lamp", "/basket"];

/// Loads of a monitor: each page eight times, of which the first fills the browser's caches and is not counted.
const LOADS: usize = 8 * PAGES.len();

/// Between two loads, for what one of the browsers has left to do.
const PAUSE: Duration = Duration::from_millis(40);

/// How often changes are drawn again for the interval.
const DRAWS: usize = 20_000;

/// The target: largest change of the load time, in %.
const TARGET: f64 = 5.0;

/// Loads a page for each line on standard input, and says on standard error how long that took.
#[monitor(timeout = "120s")]
async fn loads_pages(browser: &mut Browser) -> canarytrace::Result {
    const LOADED: &str = "return new Promise((resolve) => {
        const look = () => {
            const end = performance.getEntriesByType('navigation')[0].loadEventEnd;
            end > 0 ? resolve(end) : setTimeout(look, 5);
        };
        look();
    })";
    for number in 0..LOADS {
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
        let path = PAGES[number % PAGES.len()];
        let took: f64 = browser
            .step(format!("load {path}"), async |page| {
                page.goto(path).await?;
                page.evaluate(LOADED, vec![]).await
            })
            .await?;
        eprintln!("loaded: {took}");
    }
    Ok(())
}

fn main() -> ExitCode {
    canarytrace::site::serve_if_child();
    if std::env::var_os(MONITOR_VARIABLE).is_some() {
        return canarytrace::main();
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
    let site = runtime.block_on(canarytrace::site::start(0)).map_err(anyhow::Error::msg)?;
    println!(
        "recording: profile {}, {pairs} pairs, {} cores, load {}",
        profile()?,
        std::thread::available_parallelism()?,
        load()
    );
    let base_url = site.url().as_str();
    // Once before anything counts: files come from the disk.
    pair(base_url, 0)?;
    let mut with = Vec::new();
    let mut without = Vec::new();
    let mut changes = Vec::new();
    for number in 0..pairs {
        let [on, off] = pair(base_url, number)?;
        with.push(on);
        without.push(off);
        changes.push((on / off - 1.0) * 100.0);
    }
    let (lower, upper, bound) = interval(&changes);
    println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    with.iter().copied().collect::<Figures>().print("loadEventEnd with the recording", "ms");
    without.iter().copied().collect::<Figures>().print("loadEventEnd without", "ms");
    changes.iter().copied().collect::<Figures>().print("change within a pair", "%");
    println!("mean change {:.2} %, 95 % interval of it {lower:.2} % to {upper:.2} % (bootstrap)", mean(&changes));
    print_target("upper 95 % bound of the mean change", bound, TARGET, " %");
    println!("load at the end {}", load());
    runtime.block_on(site.stop());
    Ok(())
}

/// The load times of a pair, with the recording and without: the median of each, in ms.
fn pair(base_url: &str, number: usize) -> Result<[f64; 2]> {
    let start = |options: &[(&str, &str)]| {
        let runner = Runner::new(std::env::current_exe()?).env(MONITOR_VARIABLE, "1").env("BASE_URL", base_url);
        let runner = options.iter().fold(runner, |runner, (name, value)| runner.env(name, value));
        anyhow::Ok(runner.with_input().start())
    };
    let with = std::env::var(WITH_VARIABLE).unwrap_or_default();
    let with: Vec<(&str, &str)> = with.split_whitespace().filter_map(|option| option.split_once('=')).collect();
    let mut both = [start(&with)?, start(&OFF)?];
    let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for load in 0..LOADS {
        for turn in 0..2 {
            let whose = (number + load + turn) % 2;
            std::thread::sleep(PAUSE);
            let took = load_page(&mut both[whose])?;
            if load >= PAGES.len() {
                times[whose].push(took);
            }
        }
    }
    let [on, off] = both.map(Running::finish);
    passed(&on)?;
    passed(&off)?;
    // Else something else was measured than what is said.
    let recorded = !on.documents("request-log").is_empty();
    ensure!(recorded || !with.is_empty(), "nothing was recorded:\n{}{}", on.stdout, on.stderr);
    ensure!(off.documents("request-log").is_empty(), "what was switched off was recorded");
    Ok(times.map(|times| times.into_iter().collect::<Figures>().median()))
}

fn load_page(running: &mut Running) -> Result<f64> {
    running.press_enter();
    let line = running.wait_for_notice("loaded: ");
    line.trim().strip_prefix("loaded: ").context("it says how long")?.parse().context("it says ms")
}

fn passed(run: &Finished) -> Result<()> {
    ensure!(run.code == Some(0), "a monitor failed:\n{}{}", run.stdout, run.stderr);
    Ok(())
}

/// The interval that the mean lies in with 95 % (from the 2.5th to the 97.5th percentile of the means of samples drawn
/// again), and what it is below with 95 % (the 95th).
fn interval(changes: &[f64]) -> (f64, f64, f64) {
    // xorshift64: the same draws each time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % changes.len() as u64).unwrap_or_default()
    };
    let mut means: Vec<f64> =
        (0..DRAWS).map(|_| mean(&(0..changes.len()).map(|_| changes[draw()]).collect::<Vec<_>>())).collect();
    means.sort_by(f64::total_cmp);
    (means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40], means[DRAWS - 1 - DRAWS / 20])
}

fn mean(values: &[f64]) -> f64 {
    let count = u32::try_from(values.len()).map_or(f64::NAN, f64::from);
    values.iter().sum::<f64>() / count
}
