//! What a monitor costs beside the same journey written directly against fantoccini, bare and with everything recorded,
//! the gap between two monitors, and the time to list them.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench overhead                             release profile
//! cargo bench -p canarytrace-tests --bench overhead --profile dev               the profile of `cargo test -p monitors`
//! cargo bench -p canarytrace-tests --bench overhead -- --rounds 20
//! ```
//!
//! All journeys visit one practice site, which is a process of its own. They take turns, so that all meet the same noise.
//! What is recorded is what `canarytrace overhead` knows: nothing; what is recorded by default; or all of it, which adds
//! coverage, a HAR file, and a screenshot of each step, for which the browser draws three frames.
//! Nothing here fails because it is slow: the targets are printed with what was measured.

mod direct;
mod journey;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use canarytrace::browser::find::{self, Pair, Search};
use canarytrace::browser::launch;
use canarytrace::browser::launch::Notices;
use canarytrace::config::{Config, Device};
use canarytrace_cli::overhead::{COLLECTORS, all_off, all_on};
use canarytrace_tests::arguments::rounds_wanted;
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::measure::{Cost, measure};
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

/// Makes the process one that runs [the monitors](journey) and nothing else.
const MONITOR_VARIABLE: &str = "BENCH_MONITORS";

/// Process starts that are timed for `--list`.
const LISTINGS: usize = 20;

fn main() -> ExitCode {
    canarytrace::site::serve_if_child();
    if std::env::var_os(MONITOR_VARIABLE).is_some() {
        return canarytrace::main();
    }
    let done = match std::env::var(direct::PLAN_VARIABLE) {
        Ok(plan) => direct::run(&plan),
        Err(_) => rounds_wanted(10).and_then(bench),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Where everything is that a round needs.
struct Stage {
    executable: PathBuf,
    pair: Pair,
    base_url: String,
    /// The flags of the monitor's browser, but for the folder of its profile.
    args: Vec<String>,
}

fn bench(rounds: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let site = runtime.block_on(canarytrace::site::start(0)).map_err(anyhow::Error::msg)?;
    let config = Config::load()?;
    let args = runtime.block_on(browser_flags(&config))?;
    let pair = match find::find(&config).map_err(anyhow::Error::msg)? {
        Search::Found(pair) => pair,
        Search::Missing(what) => bail!("{what}"),
    };
    let stage = Stage { executable: std::env::current_exe()?, pair, base_url: site.url().to_string(), args };

    // Each once before anything counts: their files come from the disk.
    stage.monitors(Some(journey::FIRST), &all_on())?;
    stage.direct()?;

    println!(
        "overhead: profile {}, {rounds} rounds, {} cores, load {}",
        profile()?,
        std::thread::available_parallelism()?,
        load()
    );
    println!("{:<46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    let browser_start = journeys(&stage, rounds)?;
    gaps(&stage, rounds.div_ceil(3), browser_start)?;
    listing()?;
    println!("load at the end {}", load());
    runtime.block_on(site.stop());
    Ok(())
}

impl Stage {
    fn runner(&self) -> Runner {
        Runner::new(&self.executable)
    }

    /// Runs the monitor of this name, or all four one after the other, with these options.
    fn monitors(&self, only: Option<&str>, options: &[(&str, &str)]) -> Result<(Cost, Finished)> {
        let runner = self
            .runner()
            .env(MONITOR_VARIABLE, "1")
            .env("BASE_URL", &self.base_url)
            .env("CANARYTRACE_BROWSER", &self.pair.browser)
            .env("CANARYTRACE_CHROMEDRIVER", &self.pair.driver);
        let runner = options.iter().fold(runner, |runner, (name, value)| runner.env(name, value));
        let runner = match only {
            Some(name) => runner.monitor(name),
            None => runner.arg("journey::"),
        };
        passed(measure(runner)?)
    }

    /// Runs the direct journey.
    fn direct(&self) -> Result<(Cost, Finished)> {
        let text = |path: &Path| path.to_str().map(ToOwned::to_owned).context("a path is not UTF-8");
        let plan = direct::Plan {
            browser: &text(&self.pair.browser)?,
            driver: &text(&self.pair.driver)?,
            args: &self.args,
            base_url: &self.base_url,
        };
        passed(measure(self.runner().env(direct::PLAN_VARIABLE, plan.json()))?)
    }
}

/// A journey that fails measures nothing.
fn passed(measured: (Cost, Finished)) -> Result<(Cost, Finished)> {
    let Finished { code, stdout, stderr, .. } = &measured.1;
    ensure!(*code == Some(0), "a journey failed:\n{stdout}{stderr}");
    Ok(measured)
}

/// The flags that the harness gives to a browser of its own. The document that names them can't be used: values that
/// look like secrets are masked in it.
async fn browser_flags(config: &Config) -> Result<Vec<String>> {
    let notices: Notices = Arc::new(|notice| eprintln!("{notice}"));
    let launched = launch(config, Device::Desktop, &notices).await.map_err(anyhow::Error::msg)?;
    let args = launched.facts.args.clone();
    launched.close().await;
    Ok(args.into_iter().filter(|argument| !argument.starts_with("--user-data-dir=")).collect())
}

/// What is measured of one way to run the journey: in each round its cost, and how long its stages took, ms.
#[derive(Default)]
struct Rounds(Vec<(Cost, [f64; 3])>);

impl Rounds {
    fn of(&self, figure: fn(&Cost) -> f64) -> Figures {
        self.0.iter().map(|(cost, _)| figure(cost)).collect()
    }

    fn stage(&self, which: usize) -> Figures {
        self.0.iter().map(|(_, stages)| stages[which]).collect()
    }

    /// Its wall time in each round by that of `other`.
    fn by(&self, other: &Self) -> Figures {
        self.0.iter().zip(&other.0).map(|((own, _), (other, _))| own.wall / other.wall).collect()
    }

    fn add_monitor(&mut self, (cost, finished): (Cost, Finished)) -> Result<()> {
        let stages = monitor_stages(&cost, &finished)?;
        self.0.push((cost, stages));
        Ok(())
    }
}

/// What a way to run the journey has to keep to.
struct Targets {
    /// Of fantoccini's wall time.
    wall: f64,
    /// Own CPU, s.
    cpu: f64,
    /// Own peak of resident memory, MB.
    peak: f64,
}

/// All journeys in turns. Returns what a browser start takes, in ms: chromedriver and the first session.
fn journeys(stage: &Stage, rounds: usize) -> Result<f64> {
    let (mut bare, mut usual, mut recorded, mut direct) =
        (Rounds::default(), Rounds::default(), Rounds::default(), Rounds::default());
    for _ in 0..rounds {
        bare.add_monitor(stage.monitors(Some(journey::FIRST), &all_off())?)?;
        let (cost, finished) = stage.direct()?;
        let stages: Value = serde_json::from_str(&finished.stdout)?;
        direct.0.push((cost, ["start", "steps", "end"].map(|name| stages[name].as_f64().unwrap_or(f64::NAN))));
        usual.add_monitor(stage.monitors(Some(journey::FIRST), &[])?)?;
        let measured = stage.monitors(Some(journey::FIRST), &all_on())?;
        for dataset in COLLECTORS.iter().filter_map(|collector| collector.leaves) {
            ensure!(!measured.1.documents(dataset).is_empty(), "nothing of {dataset} was recorded");
        }
        recorded.add_monitor(measured)?;
    }
    direct.of(|cost| cost.wall).print("wall, fantoccini", "s");
    let browser_start = direct.stage(0);
    browser_start.print("  browser start", "ms");
    direct.stage(1).print("  steps", "ms");
    direct.stage(2).print("  end of browser and driver", "ms");
    direct.of(|cost| cost.cpu).print("  own CPU", "s");
    direct.of(|cost| cost.peak).print("  own peak of resident memory", "MB");
    let monitors = [
        ("bare monitor", &bare, Targets { wall: 1.10, cpu: 0.30, peak: 60.0 }),
        ("monitor with default recording", &usual, Targets { wall: 1.25, cpu: 0.50, peak: 120.0 }),
        ("fully recorded monitor", &recorded, Targets { wall: 1.25, cpu: 0.50, peak: 120.0 }),
    ];
    for (name, rounds, targets) in monitors {
        rounds.of(|cost| cost.wall).print(&format!("wall, {name}"), "s");
        rounds.stage(0).print("  process start to first step", "ms");
        rounds.stage(1).print("  first step to verdict", "ms");
        rounds.stage(2).print("  verdict to end of process", "ms");
        let ratios = rounds.by(&direct);
        ratios.print("  wall / fantoccini's of the same round", "");
        let (cpu, peak) = (rounds.of(|cost| cost.cpu), rounds.of(|cost| cost.peak));
        cpu.print("  own CPU", "s");
        peak.print("  own peak of resident memory", "MB");
        print_target(&format!("{name}: wall"), ratios.median(), targets.wall, " of fantoccini's");
        print_target(&format!("{name}: own CPU"), cpu.median(), targets.cpu, " s");
        print_target(&format!("{name}: own peak of resident memory"), peak.median(), targets.peak, " MB");
    }
    usual.by(&bare).print("wall, default recording / bare of the same round", "");
    recorded.by(&bare).print("wall, fully recorded / bare of the same round", "");
    Ok(browser_start.median())
}

/// Start of the process to start of the first step, that to the verdict, the verdict to the end of the process; ms.
fn monitor_stages(cost: &Cost, finished: &Finished) -> Result<[f64; 3]> {
    let report = finished.documents("report");
    let first = moment(&report, "testStepStart")?;
    let verdict = moment(&report, "testEnd")?;
    Ok([first - epoch_ms(cost.from)?, verdict - first, epoch_ms(cost.to)? - verdict])
}

/// The `timestamp` of the first document of this event, in ms since the epoch.
fn moment(report: &[Value], event: &str) -> Result<f64> {
    let document = report.iter().find(|document| document["event"] == event);
    document.and_then(|document| document["timestamp"].as_f64()).with_context(|| format!("there is no {event}"))
}

fn epoch_ms(at: SystemTime) -> Result<f64> {
    Ok(at.duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64() * 1000.0)
}

/// From the verdict of a monitor (`testEnd`, which is written when its last step and its budgets are done) to the
/// beginning of the next one's first step (`testStepStart`), whose first act is to open a page.
fn gaps(stage: &Stage, processes: usize, browser_start: f64) -> Result<()> {
    let mut gaps = Vec::new();
    for _ in 0..processes {
        let (_, finished) = stage.monitors(None, &[])?;
        let mut reports: Vec<Vec<Value>> = Vec::new();
        for run in finished.runs() {
            let text = std::fs::read_to_string(run.join("report.ndjson"))?;
            reports.push(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?);
        }
        for pair in reports.windows(2) {
            gaps.push(moment(&pair[1], "testStepStart")? - moment(&pair[0], "testEnd")?);
        }
    }
    let gaps: Figures = gaps.into_iter().collect();
    gaps.print("gap, verdict to the next first navigation", "ms");
    print_target("gap", gaps.median() / browser_start, 1.2, " browser starts");
    Ok(())
}

/// `--list` of the example monitors, built as this benchmark was.
fn listing() -> Result<()> {
    let executable = monitors_executable()?;
    let mut times = Vec::new();
    for _ in 0..=LISTINGS {
        let started = Instant::now();
        let status = Command::new(&executable).arg("--list").stdout(Stdio::null()).status()?;
        times.push(started.elapsed());
        ensure!(status.success(), "{} --list failed: {status}", executable.display());
    }
    // The first one reads the file from the disk.
    let times: Figures = times.iter().skip(1).map(Duration::as_secs_f64).map(|seconds| seconds * 1000.0).collect();
    times.print("--list of the monitors, process start to end", "ms");
    print_target("--list", times.median(), 50.0, " ms");
    Ok(())
}

/// The test target of `monitors`, in the profile and target folder of this executable.
fn monitors_executable() -> Result<PathBuf> {
    let profile = profile()?;
    let output = Command::new(env!("CARGO"))
        .args(["test", "-p", "monitors", "--test", "monitors", "--no-run", "--message-format=json", "--quiet"])
        .args(["--profile", &profile])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the monitors could not be built");
    let messages = String::from_utf8(output.stdout)?;
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "monitors")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.context("cargo names no executable of the monitors")
}
