//! Sizes of the images, and a journey in a pod beside the same journey on this machine: from the start to the verdict.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench pod_start                  release profile
//! cargo bench -p canarytrace-tests --bench pod_start -- --rounds 9
//! ```
//!
//! Both run the executable of `monitors/` in the same profile, one monitor, against the practice shop that it brings along,
//! without a cluster. The pod is that of `k8s/overlays/user-journey`, with its limits; its time is that from asking podman
//! until the runner's container has ended. On this machine the browser is started by the run itself. They take turns.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use canarytrace_tests::arguments::rounds_wanted;
use canarytrace_tests::containers::{Image, Images, Manifests, Pod, PodOfCronJob, engine_or_ignored};
use canarytrace_tests::figures::Figures;
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::runner::Runner;
use serde_json::Value;

const MONITOR: &str = "checkout::a_customer_pays";

fn main() -> ExitCode {
    match rounds_wanted(5).and_then(bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(rounds: usize) -> Result<()> {
    let Some(engine) = engine_or_ignored() else { return Ok(()) };
    let images = Images::new(engine);
    println!("{}", images.build(&[Image::Builder, Image::Runner, Image::Browser, Image::Audit]));
    let monitors = monitors()?;
    println!("pod_start: profile {}, {rounds} rounds, load {}", profile()?, load());
    let pod = Manifests::of(&["base/namespace", "overlays/user-journey"])
        .map_err(|reason| anyhow!("{reason}"))?
        .pod_of_cron_job()
        .image("browser", images.name(Image::Browser))
        .image("runner", images.name(Image::Runner))
        .env("runner", "SPEC", MONITOR)
        .env("runner", "AVAILABILITY_CHECK", "no")
        .env("runner", "ELASTIC_CLUSTER", "")
        .env("runner", "CANARYTRACE_ELASTIC_CA", "")
        .env("runner", "CANARYTRACE_START_OFFSET", "0s");
    let (mut pods, mut runs_in_pods, mut here, mut runs_here) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        let (wall, run) = in_pod(engine, &pod)?;
        pods.push(wall);
        runs_in_pods.push(run);
        let (wall, run) = on_this_machine(&monitors)?;
        here.push(wall);
        runs_here.push(run);
    }
    println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    for (what, all) in [
        ("pod: start to verdict", pods),
        ("pod: the monitor alone", runs_in_pods),
        ("this machine: start to verdict", here),
        ("this machine: the monitor alone", runs_here),
    ] {
        all.into_iter().collect::<Figures>().print(what, "s");
    }
    println!("load at the end {}", load());
    Ok(())
}

/// Seconds until the verdict, and those of the monitor.
fn in_pod(engine: &canarytrace_tests::containers::Engine, pod: &PodOfCronJob) -> Result<(f64, f64)> {
    let started = Instant::now();
    let pod = Pod::play(engine, pod);
    let code = pod.wait("runner");
    let wall = started.elapsed().as_secs_f64();
    ensure!(code == 0, "{}", pod.logs());
    let runs = pod.volume("spool").join("canarytrace-user-journey/runs");
    let run = std::fs::read_dir(&runs)?.flatten().find(|run| run.path().is_dir()).context("the pod stored a run")?;
    let text = std::fs::read_to_string(run.path().join("summary.ndjson"))?;
    let summary = serde_json::from_str(text.lines().next().context("there is a summary")?)?;
    Ok((wall, monitors_seconds(&summary)?))
}

fn on_this_machine(monitors: &PathBuf) -> Result<(f64, f64)> {
    let started = Instant::now();
    let run = Runner::new(monitors).env("CANARYTRACE_USAGE", "allow").monitor(MONITOR).run();
    let wall = started.elapsed().as_secs_f64();
    ensure!(run.code == Some(0), "{}{}", run.stdout, run.stderr);
    Ok((wall, monitors_seconds(&run.document("summary", |_| true))?))
}

fn monitors_seconds(summary: &Value) -> Result<f64> {
    Ok(summary["monitor"]["duration"]["us"].as_f64().context("a summary has a duration")? / 1e6)
}

/// The executable with the examples, in the profile of this benchmark.
fn monitors() -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--no-run", "--locked", "-p", "monitors", "--test", "monitors", "--message-format=json"])
        .args(["--profile", &profile()?])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the monitors could not be built");
    let text = String::from_utf8(output.stdout)?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let executable = messages.filter(|message| message["target"]["kind"][0] == "test");
    let executable = executable.into_iter().find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.context("cargo names the executable")
}
