//! What `cargo test -p monitors` compiles in a fresh clone, and how long that takes. Minutes, so not for CI.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench cold_build                  the profile of `cargo test -p monitors`
//! cargo bench -p canarytrace-tests --bench cold_build -- --release
//! ```
//!
//! The sources of the crates are downloaded before the clock starts: that part depends on the line.

use std::collections::BTreeSet;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    // cargo itself adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let profile = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => "dev",
        ["--release"] => "release",
        _ => bail!("{} is no option; there is --release", arguments.join(" ")),
    };
    let fetched = Command::new(env!("CARGO")).args(["fetch", "--locked"]).status()?;
    ensure!(fetched.success(), "cargo fetch failed");

    let target = tempfile::tempdir()?;
    let started = Instant::now();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--tests", "-p", "monitors", "--locked", "--message-format=json", "--profile", profile])
        .arg("--target-dir")
        .arg(target.path())
        .stderr(Stdio::inherit())
        .output()?;
    let took = started.elapsed();
    ensure!(output.status.success(), "the monitors could not be built");

    let mut crates = BTreeSet::new();
    let (mut units, mut scripts) = (0, 0);
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: Value = serde_json::from_str(line)?;
        match message["reason"].as_str() {
            Some("compiler-artifact") => {
                ensure!(message["fresh"] == false, "the target folder was not empty");
                crates.insert(message["package_id"].as_str().context("an artifact names its package")?.to_owned());
                units += 1;
            }
            Some("build-script-executed") => scripts += 1,
            _ => {}
        }
    }
    println!(
        "cold build of -p monitors: profile {profile}, {} cores, load {}",
        std::thread::available_parallelism()?,
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );
    println!("{:.1} s, {} crates, {units} compilations, {scripts} build scripts run", took.as_secs_f64(), crates.len());
    Ok(())
}
