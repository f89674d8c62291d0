//! What sending documents costs us, and what storing the same documents costs the server.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench drain                  release profile
//! cargo bench -p canarytrace-tests --bench drain -- --rounds 5
//! ```
//!
//! `canarytrace ship --drain` sends 50,000 documents that lie on disk, straight to the server, with our templates. The
//! server's CPU time is that of its processes from before that until the documents can be searched; its first round is
//! not counted, because a cold Java machine takes longer. The sizes of requests are those that a proxy saw in a round
//! of its own.

use std::process::ExitCode;

use anyhow::{Result, anyhow, ensure};
use canarytrace_tests::arguments::rounds_wanted;
use canarytrace_tests::elastic::{Product, SharedServer, prefix, shared};
use canarytrace_tests::fault_proxy::FaultProxy;
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::measure::{Cost, cpu_seconds, measure};
use canarytrace_tests::runner::{Finished, Runner};

const DOCUMENTS: u32 = 50_000;

/// The targets: our CPU time of the server's, and bytes of bodies over the wire of those before compression, in %.
const CPU: f64 = 25.0;
const SIZE: f64 = 25.0;

fn main() -> ExitCode {
    match rounds_wanted(3).and_then(bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(rounds: usize) -> Result<()> {
    println!("drain: profile {}, {rounds} rounds, {DOCUMENTS} documents, load {}", profile()?, load());
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        let server = shared(product).map_err(|reason| anyhow!("{reason}"))?;
        ensure!(!server.processes().is_empty(), "the CPU time of a server that we did not start is not known");
        println!("\n{product} {}", server.version());
        let mut all = Vec::new();
        for round in 0..=rounds {
            let (cost, theirs) = drained(&server)?;
            if round > 0 {
                all.push((cost, theirs));
            }
        }
        println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
        let figures = |of: fn(&(Cost, f64)) -> f64| all.iter().map(of).collect::<Figures>();
        let share = figures(|(cost, theirs)| cost.cpu * 100.0 / theirs);
        figures(|(cost, _)| f64::from(DOCUMENTS) / cost.wall).print("documents sent", "1/s");
        figures(|(cost, _)| cost.cpu).print("our CPU time", "s");
        figures(|(_, theirs)| *theirs).print("the server's CPU time", "s");
        figures(|(cost, _)| cost.peak).print("our peak of resident memory", "MB");
        share.print("our CPU time of the server's", "%");
        let size = size(&server)?;
        print_target("our CPU time of the server's", share.median(), CPU, " %");
        print_target("compressed bodies of raw ones", size, SIZE, " %");
    }
    println!("load at the end {}", load());
    Ok(())
}

/// The tool `canarytrace`, with the only place where documents are to go.
fn tool(cluster: &str, prefix: &str) -> Runner {
    let program = Runner::new(env!("CARGO_BIN_EXE_fixture-tool"));
    program.env("ELASTIC_CLUSTER", cluster).env("INDEX_PREFIX", prefix)
}

/// Documents that lie on disk and nowhere else, with templates for them in place.
fn spooled(server: &SharedServer, prefix: &str) -> Result<Finished> {
    let url = server.url().as_str();
    let installed = tool(url, prefix).arg("install").run();
    ensure!(installed.code == Some(0), "{}{}", installed.stdout, installed.stderr);
    // In runs of 5,000: many of a real size.
    let spooler = Runner::new(env!("CARGO_BIN_EXE_fixture-spooler")).arg("--documents").arg("5000");
    let run = spooler.arg("--step").arg("5000").arg("--runs").arg((DOCUMENTS / 5000).to_string()).run();
    ensure!(run.code == Some(0), "{}{}", run.stdout, run.stderr);
    Ok(run)
}

fn drain_of(run: &Finished, cluster: &str, prefix: &str) -> Runner {
    let runner = tool(cluster, prefix).env("CANARYTRACE_DATA", run.data());
    runner.env("TMPDIR", run.folder().join("t")).arg("ship").arg("--drain")
}

/// What sending everything cost us, and the server in s of CPU time.
fn drained(server: &SharedServer) -> Result<(Cost, f64)> {
    let prefix = prefix();
    let run = spooled(server, &prefix)?;
    let before = cpu_seconds(&server.processes())?;
    let (cost, drained) = measure(drain_of(&run, server.url().as_str(), &prefix))?;
    ensure!(drained.code == Some(0), "{}{}", drained.stdout, drained.stderr);
    // It refreshes, too.
    let found = server.count(&format!("{prefix}*"));
    let theirs = cpu_seconds(&server.processes())? - before;
    // The shipper tells of itself beside that.
    ensure!(found >= DOCUMENTS as usize, "{found} documents are there");
    println!(
        "{:.1} s: {:.2} s of our CPU time, {theirs:.2} s of the server's, {:.1} MB resident",
        cost.wall, cost.cpu, cost.peak
    );
    server.delete(&prefix);
    Ok((cost, theirs))
}

/// Bytes over the wire of those before compression, in %.
fn size(server: &SharedServer) -> Result<f64> {
    let prefix = prefix();
    let run = spooled(server, &prefix)?;
    let settings = server.settings();
    let proxy = FaultProxy::start(server.url(), settings.ca.as_deref());
    let drained = drain_of(&run, &proxy.url(), &prefix).run();
    ensure!(drained.code == Some(0), "{}{}", drained.stdout, drained.stderr);
    let bulks = proxy.bulks();
    ensure!(bulks.iter().all(|seen| seen.gzip), "bodies are compressed unless that is switched off");
    let (mut wire, mut raw, mut documents) = (0, 0, 0);
    for seen in &bulks {
        wire += seen.wire;
        raw += seen.raw;
        documents += seen.documents;
    }
    println!("{} requests of {documents} documents: {raw} bytes, {wire} over the wire", bulks.len());
    server.delete(&prefix);
    Ok(f64::from(u32::try_from(wire)?) * 100.0 / f64::from(u32::try_from(raw)?))
}
