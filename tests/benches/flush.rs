//! How long the end of a run is delayed by its delivery, against the time that `CANARYTRACE_FLUSH` gives it.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench flush                  release profile
//! cargo bench -p canarytrace-tests --bench flush -- --rounds 9
//! ```
//!
//! The delay is the time from the last document on disk to the end of the process. A run of 500 documents, whose cluster
//! is there, refuses connections, never answers, or answers one byte a second.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use canarytrace_tests::arguments::rounds_wanted;
use canarytrace_tests::elastic::{Product, prefix, shared};
use canarytrace_tests::fault_proxy::{Fault, FaultProxy, Rule};
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::runner::Runner;
use canarytrace_tests::servers::RefusedPort;

const DOCUMENTS: &str = "500";

/// `CANARYTRACE_FLUSH`.
const BUDGET: Duration = Duration::from_secs(2);

/// What a process takes to end, at most, beside the budget, in ms.
const ENDING: f64 = 100.0;

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
    println!("flush: profile {}, {rounds} rounds, budget {BUDGET:?}, load {}", profile()?, load());
    println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    let prefix = prefix();
    let budget = BUDGET.as_secs_f64() * 1000.0;
    let mut worst: f64 = 0.0;
    let mut delays = |what: &str, cluster: Option<&str>| -> Result<()> {
        let all: Vec<f64> = (0..rounds).map(|_| delay(cluster, &prefix)).collect::<Result<_>>()?;
        worst = all.iter().copied().fold(worst, f64::max);
        all.into_iter().collect::<Figures>().print(what, "ms");
        Ok(())
    };
    delays("no cluster", None)?;
    let nobody = RefusedPort::take();
    delays("the cluster refuses connections", Some(&nobody.url()))?;
    let server = shared(Product::Elasticsearch).map_err(|reason| anyhow!("{reason}"))?;
    let proxy = FaultProxy::start(server.url(), server.settings().ca.as_deref());
    let install = Runner::new(env!("CARGO_BIN_EXE_fixture-tool")).arg("install");
    let installed = install.env("ELASTIC_CLUSTER", server.url().as_str()).env("INDEX_PREFIX", &prefix).run();
    ensure!(installed.code == Some(0), "{}{}", installed.stdout, installed.stderr);
    delays("the cluster is there", Some(&proxy.url()))?;
    proxy.add(Rule::any(Fault::Hang).always());
    delays("the cluster never answers", Some(&proxy.url()))?;
    proxy.clear();
    proxy.add(Rule::any(Fault::SlowReply(Duration::from_secs(1))).always());
    delays("the cluster answers a byte a second", Some(&proxy.url()))?;
    print_target("the longest delay", worst, budget + ENDING, " ms");
    println!("load at the end {}", load());
    Ok(())
}

/// From the last document on disk to the end of the process, in ms.
fn delay(cluster: Option<&str>, prefix: &str) -> Result<f64> {
    let mut runner = Runner::new(env!("CARGO_BIN_EXE_fixture-spooler"))
        .env("CANARYTRACE_FLUSH", format!("{}ms", BUDGET.as_millis()))
        .arg("--documents")
        .arg(DOCUMENTS);
    if let Some(cluster) = cluster {
        runner = runner.env("ELASTIC_CLUSTER", cluster).env("INDEX_PREFIX", prefix);
    }
    let running = runner.start();
    running.wait_for_line("spooled");
    let spooled = Instant::now();
    let run = running.finish();
    let took = spooled.elapsed();
    ensure!(run.code == Some(0), "{}{}", run.stdout, run.stderr);
    Ok(took.as_secs_f64() * 1000.0)
}
