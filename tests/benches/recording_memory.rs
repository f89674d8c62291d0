//! How much memory the recording takes when a page has very much to tell, and whether all of it is recorded.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench recording_memory                  release profile
//! cargo bench -p canarytrace-tests --bench recording_memory -- --rounds 3
//! ```
//!
//! The memory is that of the monitor's process, without its browser's. It fails when something is missing and nobody
//! says so.

use std::io::{BufRead, BufReader};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use canarytrace::prelude::*;
use canarytrace_tests::arguments::rounds_wanted;
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::measure::measure;
use canarytrace_tests::raw_log::logs_among;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

/// Makes the process one that runs the monitors and nothing else.
const MONITOR_VARIABLE: &str = "BENCH_MONITORS";

/// Messages of the page with very many of them.
const MESSAGES: usize = 50_000;

/// Requests of the page with very many of them.
const REQUESTS: usize = 5_000;

/// Documents of a message of the flood: the browser tells of each a second time, as `Console.messageAdded`.
const LOGGED: [&str; 2] = ["Practice flood, message", "\"Runtime.consoleAPICalled\""];

/// Documents of a request.
const ASKED: [&str; 2] = ["/practice/recording/item/", "\"requestId\""];

/// The target: most resident memory, in MB.
const TARGET: f64 = 150.0;

#[monitor(timeout = "600s")]
async fn many_messages(browser: &mut Browser) -> canarytrace::Result {
    visit(browser, &format!("/practice/recording/flood?console={MESSAGES}")).await
}

#[monitor(timeout = "600s")]
async fn many_requests(browser: &mut Browser) -> canarytrace::Result {
    visit(browser, &format!("/practice/recording/many?requests={REQUESTS}")).await
}

/// What everything else of a monitor takes.
#[monitor(timeout = "600s")]
async fn one_page(browser: &mut Browser) -> canarytrace::Result {
    visit(browser, "/practice/recording/flood?console=1").await
}

async fn visit(browser: &mut Browser, path: &str) -> canarytrace::Result {
    browser
        .step("visit", async |page| {
            page.goto(path).await?;
            page.expect(css!("[data-test=done]")).to_be("done").await
        })
        .await
}

fn main() -> ExitCode {
    canarytrace::site::serve_if_child();
    if std::env::var_os(MONITOR_VARIABLE).is_some() {
        return canarytrace::main();
    }
    match rounds_wanted(3).and_then(bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(rounds: usize) -> Result<()> {
    println!("recording_memory: profile {}, {rounds} rounds, load {}", profile()?, load());
    let mut peaks = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        peaks[0].push(visited("one_page", "console", LOGGED, 1)?);
        peaks[1].push(visited("many_messages", "console", LOGGED, MESSAGES)?);
        peaks[2].push(visited("many_requests", "request-log", ASKED, REQUESTS)?);
    }
    println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    let [one, messages, requests] = peaks.map(Figures::from_iter);
    one.print("own peak of resident memory, one message", "MB");
    messages.print(&format!("own peak of resident memory, {MESSAGES} messages"), "MB");
    requests.print(&format!("own peak of resident memory, {REQUESTS} requests"), "MB");
    print_target(&format!("{MESSAGES} messages of the console"), messages.median(), TARGET, " MB");
    print_target(&format!("{REQUESTS} requests"), requests.median(), TARGET, " MB");
    println!("load at the end {}", load());
    Ok(())
}

/// The peak of memory of a monitor, in MB. Documents of this dataset with `texts` are to be there, so many of them.
fn visited(monitor: &str, dataset: &str, texts: [&str; 2], expected: usize) -> Result<f64> {
    let runner = Runner::new(std::env::current_exe()?)
        .env(MONITOR_VARIABLE, "1")
        // The log says at its end how many messages there were.
        .env("CANARYTRACE_CDP_LOG", "always")
        .env("WAIT_FOR_TIMEOUT", "300s")
        .monitor(monitor);
    let (cost, run) = measure(runner)?;
    ensure!(run.code == Some(0), "{monitor} failed:\n{}{}", run.stdout, run.stderr);
    let found = count(&run, dataset, texts)?;
    let ended = end_of_log(&run).with_context(|| format!("{monitor} has no log that ends:\n{}", run.stderr))?;
    let number = |name: &str| ended["params"][name].as_u64().with_context(|| format!("{name} is in {ended}"));
    let (seen, kept, missed) = (number("seen")?, number("kept")?, number("missed")?);
    println!(
        "{monitor}: {:.1} MB, {:.2} s of its own CPU, {:.1} s; messages seen {seen}, kept {kept}, missed {missed}; \
         documents {found} of {expected}",
        cost.peak, cost.cpu, cost.wall
    );
    ensure!(found <= expected, "{monitor}: {found} documents, and there are {expected} things to tell of");
    let said = run.stderr.contains("were not recorded");
    ensure!(said == (missed > 0), "{monitor}: {missed} were missed, and it was said: {said}\n{}", run.stderr);
    ensure!(
        found == expected || missed > 0,
        "{monitor}: {} of {expected} are missing, and nothing says so",
        expected - found
    );
    Ok(cost.peak)
}

/// How many lines of a dataset have `texts`.
fn count(run: &Finished, dataset: &str, texts: [&str; 2]) -> Result<usize> {
    let mut found = 0;
    for folder in run.runs() {
        let file = BufReader::new(std::fs::File::open(folder.join(format!("{dataset}.ndjson")))?);
        for line in file.lines() {
            let line = line?;
            found += usize::from(texts.iter().all(|text| line.contains(text)));
        }
    }
    Ok(found)
}

/// The last line of the only log of a run.
fn end_of_log(run: &Finished) -> Result<Value> {
    let logs = logs_among(run.attachments());
    let log = logs.first().context("there is no log of the browser's messages")?;
    let mut last = String::new();
    for line in BufReader::new(zstd::Decoder::new(std::fs::File::open(log)?)?).lines() {
        last = line?;
    }
    let last: Value = serde_json::from_str(&last)?;
    ensure!(last["method"] == "Canarytrace.recordingEnded", "it ends with {last}");
    Ok(last)
}
