//! The command: rounds of the calibration pages, then the verdict.

use clap::Args;
use indicatif::ProgressBar;

use super::machine::Machine;
use super::measured::Visit;
use super::monitor::MONITOR;
use super::report::Report;
use crate::own_monitors::{Signals, Stage};
use crate::{print, progress};

/// Figures that depend on time are out of bounds, or the machine was held back.
const NOT_FIT: u8 = 3;

/// A figure that doesn't depend on the machine is wrong, or missing.
const WRONG: u8 = 4;

/// Everything that the pages are about is recorded.
const OPTIONS: &[(&str, &str)] = &[
    ("REQUEST_LOG", "allow"),
    ("PERFORMANCE_ENTRIES_INTERCEPT", "allow"),
    ("CANARYTRACE_VITALS", "allow"),
    ("COVERAGE_AUDIT", "allow"),
    ("CANARYTRACE_USAGE", "allow"),
];

/// Measure pages of which the truth is known, and say whether this machine is fit
///
/// Each round is a run of a monitor in a fresh browser, recorded as any other;
/// it visits the calibration pages of the practice site. Which browser it is
/// the options say, as for monitors; no other option counts.
///
/// A figure is in bounds when its median over the rounds is, and when the
/// rounds don't differ too much. What is painted comes with the next frame and
/// is presented one or two later, so it may be up to 50 ms late; timers may be
/// 10 ms late; bytes, scores and numbers are right or wrong. /calibration/ of
/// the practice site says of each figure why it is true.
///
/// Exit codes:
///   0  fit: all figures are within their bounds
///   1  could not measure
///   2  wrong arguments or options
///   3  not fit: times are out of bounds, or something held the machine back
///   4  wrong: a figure that doesn't depend on the machine, or no data
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Rounds
    #[arg(short = 'n', long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Bounds of times so many times as wide
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = tolerance)]
    tolerance: f64,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if (1.0..=1000.0).contains(&factor) => Ok(factor),
        _ => Err("allowed is a number from 1 to 1000".to_owned()),
    }
}

/// Does it, and gives the exit code.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(verify(arguments))
}

async fn verify(arguments: &Arguments) -> anyhow::Result<u8> {
    let mut signals = Signals::listen()?;
    let site = canarytrace::site::start(0).await.map_err(|failure| anyhow::anyhow!(failure.message))?;
    let measured = measure(arguments, site.url().as_str(), &mut signals).await;
    site.stop().await;
    let report = match measured? {
        Measured::All(report) => report,
        Measured::Interrupted(code) => return Ok(code),
    };
    if arguments.json {
        print::out(&(print::json_line(&report.json()) + "\n"))?;
    } else {
        print::out(&report.text())?;
    }
    Ok(if !report.is_right() {
        WRONG
    } else if !report.is_fit() {
        NOT_FIT
    } else {
        0
    })
}

enum Measured {
    All(Report),
    /// A signal came; the exit code.
    Interrupted(u8),
}

async fn measure(arguments: &Arguments, base_url: &str, signals: &mut Signals) -> anyhow::Result<Measured> {
    let machine = Machine::now();
    let stage = Stage::new(base_url).await?;
    let bar = progress::bar(arguments.rounds.into(), "measuring known pages");
    let mut visits = Vec::new();
    for _ in 0..arguments.rounds {
        match visit(&stage, &bar, signals).await? {
            Ok(visit) => visits.push(visit),
            Err(code) => return Ok(Measured::Interrupted(code)),
        }
    }
    bar.finish_and_clear();
    Ok(Measured::All(Report::new(&visits, arguments.tolerance, machine)))
}

/// One round; the exit code when a signal came.
async fn visit(stage: &Stage, bar: &ProgressBar, signals: &mut Signals) -> anyhow::Result<Result<Visit, u8>> {
    let process = stage.start(&MONITOR, OPTIONS)?;
    let mut finishing = std::pin::pin!(process.finish());
    let documents = tokio::select! {
        finished = &mut finishing => finished?,
        code = signals.raised() => {
            stage.end_all();
            // However it ends: nothing of it is left.
            let _ = finishing.await;
            return Ok(Err(code));
        }
    };
    bar.inc(1);
    Ok(Ok(Visit::read(&documents)?))
}
