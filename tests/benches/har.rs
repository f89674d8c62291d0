//! HAR of the logs of real sites, parsed and converted in process: ours beside chrome-har 1.3.1 in Node.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench har
//! cargo bench -p canarytrace-tests --bench har -- --rounds 100
//! ```
//!
//! The logs stand in `shared/cdp-logs` beside the repository, or where `CANARYTRACE_CDP_LOGS` says. Node and npm must be
//! installed; chrome-har is installed below `target/`. Both take turns in one run. Warm is a process that has done it
//! before, as V8 needs to become fast; cold is the first time in a fresh process, without its start and without reading
//! files. Nothing fails because it is slow: the target is printed with what was measured.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use canarytrace::devtools::har::{Builder, Har, HarOptions};
use canarytrace::devtools::protocol::Message;
use canarytrace_tests::arguments::rounds_wanted;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// So often in a row each side converts the corpus in a round; the fastest counts for both.
const IN_A_ROW: usize = 3;

/// Fresh processes.
const COLD_ROUNDS: usize = 7;

/// An argument that stands for one cold round: this executable started once more.
const ONCE: &str = "--once";

fn main() -> ExitCode {
    let once = std::env::args().nth(1).is_some_and(|argument| argument == ONCE);
    match if once { cold_round() } else { bench() } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    let rounds = rounds_wanted(40)?;
    let logs = logs()?;
    let texts = read(&logs)?;
    let folder = install()?;

    let (mut theirs_cold, mut ours_cold) = (Vec::new(), Vec::new());
    for _ in 0..COLD_ROUNDS {
        theirs_cold.push(Node::start(&folder, &logs)?.round()?.0);
        let own = Command::new(std::env::current_exe()?).arg(ONCE).args(&logs).output()?;
        ensure!(own.status.success(), "a cold round failed: {}", String::from_utf8_lossy(&own.stderr));
        ours_cold.push(String::from_utf8(own.stdout)?.trim().parse::<f64>()?);
    }

    let mut node = Node::start(&folder, &logs)?;
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let mut entries = (0, 0);
    // V8 optimizes while it runs: these rounds don't count.
    for round in 0..rounds + 10 {
        node.signal(Signal::CONT)?;
        let (their_ms, their_entries) = fastest(|| node.round())?;
        // V8 goes on collecting its garbage, on threads of its own, when it has answered.
        node.signal(Signal::STOP)?;
        let (our_ms, our_entries) = fastest(|| our_round(&texts))?;
        entries = (their_entries, our_entries);
        if round >= 10 {
            theirs.push(their_ms);
            ours.push(our_ms);
        }
    }
    drop(node);

    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} logs, {:.1} MB; entries: chrome-har {}, ours {}", logs.len(), mega(bytes), entries.0, entries.1);
    println!(
        "medians of {rounds} interleaved rounds (each the fastest of {IN_A_ROW} in a row), warm, and of {COLD_ROUNDS} fresh processes, cold:"
    );
    for (what, theirs, ours) in [("warm", &theirs, &ours), ("cold", &theirs_cold, &ours_cold)] {
        let (theirs, ours) = (median(theirs), median(ours));
        let ratio = theirs / ours;
        println!("{what}   chrome-har {theirs:7.1} ms   ours {ours:7.1} ms   {ratio:.1} times as fast (target: 4)");
    }
    linearity(&texts)
}

/// The logs in one, 1, 2, 4 and 8 times, each time with other ids.
fn linearity(texts: &[String]) -> Result<()> {
    let logs = texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<Vec<Vec<Value>>, _>>()?;
    let messages: usize = logs.iter().map(Vec::len).sum();
    println!("one log of all, repeated with other ids:");
    let mut first = None;
    for times in [1, 2, 4, 8] {
        let mut text = String::from("[");
        for copy in 0..times {
            for message in logs.iter().flatten() {
                let mut message = message.clone();
                for id in ["requestId", "loaderId", "frameId"] {
                    if let Some(Value::String(id)) = message.pointer_mut(&format!("/params/{id}")) {
                        let _ = write!(id, ".{copy}");
                    }
                }
                text += &message.to_string();
                text += ",\n";
            }
        }
        text.truncate(text.len() - 2);
        text.push(']');
        let texts = [text];
        let mut took = Vec::new();
        for _ in 0..9 {
            took.push(our_round(&texts)?.0);
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of messages are far below 2^53")]
        let each = median(&took) * 1000.0 / (messages * times) as f64;
        let first = *first.get_or_insert(each);
        println!(
            "x{times}   {:6} messages   {each:.2} µs each, {:.2} times that of x1",
            messages * times,
            each / first
        );
    }
    Ok(())
}

/// Milliseconds and entries.
fn fastest(mut round: impl FnMut() -> Result<(f64, usize)>) -> Result<(f64, usize)> {
    let mut best = round()?;
    for _ in 1..IN_A_ROW {
        let next = round()?;
        if next.0 < best.0 {
            best = next;
        }
    }
    Ok(best)
}

fn our_round(texts: &[String]) -> Result<(f64, usize)> {
    let begun = Instant::now();
    let mut entries = 0;
    for text in texts {
        entries += convert(text)?.log.entries.len();
    }
    Ok((ms(begun.elapsed()), entries))
}

fn convert(text: &str) -> Result<Har<'_>> {
    let mut builder = Builder::new(HarOptions::default());
    Message::parse_list(text, |message| builder.push(message))?;
    Ok(builder.finish())
}

fn cold_round() -> Result<()> {
    let logs: Vec<_> = std::env::args_os().skip(2).map(PathBuf::from).collect();
    let texts = read(&logs)?;
    println!("{}", our_round(&texts)?.0);
    Ok(())
}

/// chrome-har in a process of Node, ended when it is dropped.
struct Node {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Node {
    fn start(folder: &Path, logs: &[PathBuf]) -> Result<Self> {
        let mut command = Command::new("node");
        command.arg(folder.join("convert.mjs")).args(logs).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("node can't be started: install Node 20 or newer")?;
        let answers = BufReader::new(child.stdout.take().context("its output is piped")?);
        Ok(Self { child, answers })
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    fn round(&mut self) -> Result<(f64, usize)> {
        self.child.stdin.as_mut().context("its input is piped")?.write_all(b"\n")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let (ms, entries) = answer.trim().split_once(' ').context("node failed: see above")?;
        Ok((ms.parse()?, entries.parse()?))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Installs the locked chrome-har, where it is not yet.
fn install() -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/chrome-har");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chrome-har");
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json", "convert.mjs"] {
        std::fs::copy(source.join(file), folder.join(file))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
    ensure!(npm.status().context("npm can't be started")?.success(), "npm ci failed in {}", folder.display());
    Ok(folder)
}

fn logs() -> Result<Vec<PathBuf>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")?;
    let folder =
        std::env::var_os("CANARYTRACE_CDP_LOGS").map_or_else(|| workspace.join("../shared/cdp-logs"), PathBuf::from);
    let files = std::fs::read_dir(&folder).with_context(|| {
        format!("{} can't be read: set CANARYTRACE_CDP_LOGS to the folder of the logs", folder.display())
    })?;
    let mut logs = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    logs.retain(|log| {
        log.extension().is_some_and(|extension| extension == "json") && !log.ends_with("chrome-har-reference.json")
    });
    ensure!(!logs.is_empty(), "{} has no logs", folder.display());
    logs.sort();
    Ok(logs)
}

fn read(logs: &[PathBuf]) -> Result<Vec<String>> {
    logs.iter().map(|log| std::fs::read_to_string(log).with_context(|| log.display().to_string())).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts of bytes and messages are far below 2^53")]
fn mega(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
