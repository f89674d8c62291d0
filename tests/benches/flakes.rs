//! Whether the behaviours of the page API hold again and again on a machine that has other things to do.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench flakes                              50 rounds, two busy threads
//! cargo bench -p canarytrace-tests --bench flakes -- --rounds 5 --busy 4
//! ```
//!
//! Four monitors run at once unless `--at-once` says otherwise, nothing is tried again, and every round has folders of
//! its own. One failure in any round is a failure of the whole.

use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

fn main() -> ExitCode {
    match wanted().and_then(bench) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_failures) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What is asked for on the command line.
struct Wanted {
    rounds: usize,
    /// Threads that do nothing but compute.
    busy: usize,
    /// Monitors that run at once.
    at_once: usize,
    /// Monitors that are left out: a part of their names.
    skip: Vec<String>,
}

fn wanted() -> Result<Wanted> {
    let mut wanted = Wanted { rounds: 50, busy: 2, at_once: 4, skip: Vec::new() };
    // cargo itself adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(option) = arguments.next() {
        if option == "--skip" {
            wanted.skip.push(arguments.next().context("--skip needs a part of a name")?);
            continue;
        }
        let place = match option.as_str() {
            "--rounds" => &mut wanted.rounds,
            "--busy" => &mut wanted.busy,
            "--at-once" => &mut wanted.at_once,
            _ => {
                bail!("{option} is no option; there are --rounds N (50), --busy N (2), --at-once N (4) and --skip NAME")
            }
        };
        *place = arguments.next().with_context(|| format!("{option} needs a number"))?.parse().context(option)?;
    }
    ensure!(wanted.rounds > 0 && wanted.at_once > 0, "--rounds and --at-once must be at least 1");
    Ok(wanted)
}

/// Runs all rounds; how many behaviours failed.
fn bench(Wanted { rounds, busy, at_once, skip }: Wanted) -> Result<usize> {
    let executable = build()?;
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..busy {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let done = (1..=rounds).map(|number| round(&executable, number, at_once, &skip)).collect::<Result<Vec<_>>>();
        over.store(true, Ordering::Relaxed);
        let done = done?;
        let failures = done.iter().map(|round| round.failures).sum();
        let behaviours = done.iter().map(|round| round.behaviours).max().unwrap_or_default();
        let mut times: Vec<_> = done.iter().map(|round| round.took).collect();
        times.sort_unstable();
        println!(
            "{rounds} rounds of {behaviours} behaviours, {at_once} monitors at once, beside {busy} busy threads: \
             {failures} failures; median of a round {:.1} s",
            times[times.len() / 2].as_secs_f64()
        );
        Ok(failures)
    })
}

/// One round.
struct Round {
    behaviours: usize,
    failures: usize,
    took: Duration,
}

fn round(executable: &str, number: usize, at_once: usize, skip: &[String]) -> Result<Round> {
    let started = Instant::now();
    let runner = Runner::new(executable).env("CANARYTRACE_RETRIES", "0").arg(format!("--test-threads={at_once}"));
    let run = skip.iter().fold(runner, |runner, name| runner.arg(format!("--skip={name}"))).run();
    let took = started.elapsed();
    let steps: Vec<Value> =
        run.documents("report").into_iter().filter(|document| document["event"] == "testStepEnd").collect();
    let lines = failures(&run);
    // A monitor may fail outside of its steps, and a run before its first monitor.
    let failures = lines.len().max(usize::from(run.code != Some(0)));
    println!("round {number}: {} behaviours, {failures} failures, {:.1} s", steps.len(), took.as_secs_f64());
    for line in &lines {
        println!("  {line}");
    }
    if run.code != Some(0) && lines.is_empty() {
        println!("{}{}", run.stdout, run.stderr);
    }
    ensure!(!steps.is_empty() || failures > 0, "no behaviour was run");
    Ok(Round { behaviours: steps.len(), failures, took })
}

/// The monitors that failed, each with its message.
fn failures(run: &Finished) -> Vec<String> {
    let mut found = Vec::new();
    for block in run.stdout.split("\n---- ").skip(1) {
        let (name, rest) = block.split_once(" ----\n").unwrap_or((block, ""));
        let message = rest.split("\nsee ").next().unwrap_or(rest).trim();
        let failed = format!("test {name} ... FAILED");
        // The step is the last one that failed before its monitor did.
        let before = run.stdout.split(&failed).next().unwrap_or_default();
        let step = before.lines().rev().find(|line| line.contains("... FAILED")).unwrap_or_default().trim();
        found.push(format!("{name}: {step}: {message}"));
    }
    found
}

/// Builds the behaviours as `cargo test` does, and says where they are.
fn build() -> Result<String> {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        // What cargo told this program of its package would make the build scripts of others run again.
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["test", "--no-run", "--locked", "-p", "canarytrace-tests", "--test", "behaviours"])
        .arg("--message-format=json")
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the behaviours could not be built");
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: Value = serde_json::from_str(line)?;
        if message["target"]["name"] == "behaviours"
            && let Some(executable) = message["executable"].as_str()
        {
            return Ok(executable.to_owned());
        }
    }
    bail!("cargo built the behaviours and did not say where")
}
