//! How fast documents reach the disk, and how much memory that takes: without a cluster, and with one that is down for
//! the whole of it.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench spooling                  release profile
//! cargo bench -p canarytrace-tests --bench spooling -- --rounds 3
//! ```
//!
//! A million documents of 100 runs, about 2 GB: less than 4 GB free in the folder for temporary files is too little. The
//! runs of a round are removed before the next one. The documents are as large as real ones, and in the same mix; they
//! are made beforehand but for their ids, because the spool is what is measured. Five steps of each run reach the disk
//! (`fdatasync`), as do the ends of the runs. What making them costs too (assembling, masking, writing as JSON) is told
//! beside it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use canarytrace::record::{Redactor, StoredDocument, document_id};
use canarytrace_tests::arguments::rounds_wanted;
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::generated::Documents;
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::measure::{Cost, measure};
use canarytrace_tests::runner::Runner;
use canarytrace_tests::servers::RefusedPort;
use canarytrace_tests::session::Session;
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

/// Makes the process one that spools and nothing else.
const SPOOLER_VARIABLE: &str = "BENCH_SPOOLER";

const RUNS: u32 = 100;

/// Documents of a run.
const DOCUMENTS: u32 = 10_000;

/// Documents of a step.
const STEP: u32 = 2_000;

/// Documents that are made beforehand.
const DIFFERENT: usize = 2_000;

/// The targets: documents a second at least, and resident memory at most, in MB.
const SPEED: f64 = 100_000.0;
const MEMORY: f64 = 40.0;

fn main() -> ExitCode {
    let done = if std::env::var_os(SPOOLER_VARIABLE).is_some() { spool() } else { rounds_wanted(3).and_then(bench) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(rounds: usize) -> Result<()> {
    println!("spooling: profile {}, {rounds} rounds, load {}", profile()?, load());
    let mut alone = Vec::new();
    let mut down = Vec::new();
    let nobody = RefusedPort::take();
    for _ in 0..rounds {
        alone.push(spooled(None)?);
        down.push(spooled(Some(&nobody))?);
    }
    println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    let figures = |all: &[(f64, Cost)], of: fn(&(f64, Cost)) -> f64| all.iter().map(of).collect::<Figures>();
    let speed = figures(&alone, |(seconds, _)| f64::from(RUNS * DOCUMENTS) / seconds);
    let speed_down = figures(&down, |(seconds, _)| f64::from(RUNS * DOCUMENTS) / seconds);
    let memory = figures(&alone, |(_, cost)| cost.peak);
    let memory_down = figures(&down, |(_, cost)| cost.peak);
    speed.print("no cluster", "documents/s");
    speed_down.print("the cluster is down", "documents/s");
    figures(&alone, |(_, cost)| cost.cpu).print("no cluster, CPU of the whole process", "s");
    figures(&down, |(_, cost)| cost.cpu).print("the cluster is down, CPU of the whole process", "s");
    memory.print("no cluster, peak of resident memory", "MB");
    memory_down.print("the cluster is down, peak of resident memory", "MB");
    println!("making a document from its struct, masked, beside that: {:.1} µs", making());
    for (what, seconds) in [("no cluster", &speed), ("cluster down", &speed_down)] {
        print_target(&format!("{what}: time of a document"), 1e6 / seconds.median(), 1e6 / SPEED, " µs");
    }
    print_target("no cluster: resident memory", memory.median(), MEMORY, " MB");
    print_target("cluster down: resident memory", memory_down.median(), MEMORY, " MB");
    println!("load at the end {}", load());
    Ok(())
}

/// How long it took to have all documents on disk, in s, and what the process cost.
fn spooled(cluster: Option<&RefusedPort>) -> Result<(f64, Cost)> {
    let mut runner = Runner::new(std::env::current_exe()?)
        .env(SPOOLER_VARIABLE, "1")
        .env("CANARYTRACE_FLUSH", "0")
        .env("CANARYTRACE_DATA_MAX_SIZE", "100 GB");
    if let Some(nobody) = cluster {
        runner = runner.env("ELASTIC_CLUSTER", nobody.url());
    }
    let (cost, run) = measure(runner)?;
    ensure!(run.code == Some(0), "{}{}", run.stdout, run.stderr);
    let seconds = run.stdout.lines().find_map(|line| line.strip_prefix("seconds ")).context("it says its time")?;
    let (mut bytes, mut documents) = (0, 0);
    for folder in run.runs() {
        for file in std::fs::read_dir(folder)?.flatten() {
            // The shipper stores what it has to tell of itself there, too.
            let path = file.path();
            if path.extension().is_some_and(|extension| extension == "ndjson") && !path.ends_with("delivery.ndjson") {
                let text = std::fs::read(path)?;
                bytes += text.len();
                documents += text.split_inclusive(|byte| *byte == b'\n').count();
            }
        }
    }
    ensure!(documents == (RUNS * DOCUMENTS) as usize, "{documents} documents are on disk");
    println!(
        "{}: {seconds} s, {:.1} MB resident, {} MB on disk ({} bytes a document)",
        if cluster.is_some() { "cluster down" } else { "no cluster" },
        cost.peak,
        bytes / 1_000_000,
        bytes / documents,
    );
    Ok((seconds.parse()?, cost))
}

/// A document but for the parts that differ from one to the next.
struct Template {
    dataset: &'static str,
    /// What is before the sequence, between it and the run, and behind that.
    parts: [String; 3],
}

impl Template {
    fn of(document: &StoredDocument) -> Option<Self> {
        let (before, rest) = document.json.split_once("\"sequence\":")?;
        let (_, rest) = rest.split_once(',')?;
        let (between, rest) = rest.split_once("\"uuid\":\"")?;
        let (_, behind) = rest.split_once('"')?;
        let parts = [format!("{before}\"sequence\":"), format!(",{between}\"uuid\":\""), format!("\"{behind}")];
        Some(Self { dataset: document.dataset, parts })
    }

    fn document(&self, uuid: Uuid, run: &str, sequence: u32) -> StoredDocument {
        let [before, between, behind] = &self.parts;
        let json = format!("{before}{sequence}{between}{run}{behind}");
        StoredDocument { dataset: self.dataset, id: document_id(uuid, 1, self.dataset, sequence.into()), json }
    }
}

fn spool() -> Result<()> {
    let templates: Option<Vec<_>> = Documents::new(1).take(DIFFERENT).map(|document| Template::of(&document)).collect();
    let templates = templates.context("documents have a run and a sequence")?;
    let session = Session::open()?;
    let started = Instant::now();
    for _ in 0..RUNS {
        let run = Documents::new(1).run().clone();
        let uuid = run.uuid.to_string();
        session.begin(&run);
        for (sequence, template) in (1..=DOCUMENTS).zip(templates.iter().cycle()) {
            session.document(&run, template.document(run.uuid, &uuid, sequence));
            if sequence % STEP == 0 {
                session.step(&run);
            }
        }
        session.close(&run);
    }
    println!("seconds {:.3}", started.elapsed().as_secs_f64());
    session.end()
}

/// How long a document takes from its struct to its masked text, in µs.
fn making() -> f64 {
    const MADE: u32 = 20_000;
    let redactor = Redactor::new([SecretString::from("a password of somebody")]);
    let mut took = Duration::ZERO;
    let mut documents = Documents::new(1);
    for _ in 0..MADE {
        let started = Instant::now();
        let document = documents.next();
        took += started.elapsed();
        // The text was made of it a moment ago; that it is read again is not counted.
        let mut json: Value =
            document.and_then(|document| serde_json::from_str(&document.json).ok()).unwrap_or_default();
        let started = Instant::now();
        redactor.json(&mut json);
        took += started.elapsed();
    }
    took.as_secs_f64() * 1e6 / f64::from(MADE)
}
