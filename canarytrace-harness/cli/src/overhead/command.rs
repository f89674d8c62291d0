//! The command: pairs of browsers for each collector in turn.

use clap::Args;

use super::pair::{Changes, Pairs};
use super::report::{Report, Subject};
use crate::own_monitors::Signals;
use crate::statistics::FEWEST_PAIRS;
use crate::{print, progress};

/// Measure what each collector costs a page: load time and LCP, on against off
///
/// Two monitors in two processes with a fresh browser each load the pages of
/// the practice shop in turns; one records, the other one nothing. A pair takes
/// about 10 s, and each collector has as many as are wanted; they take turns
/// too. Which browser it is the options say, as for monitors.
///
/// Exit codes: 0 measured, 1 could not measure, 2 wrong arguments or options
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Pairs of browsers for each collector; fewer than 6 give no interval
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(i64::try_from(FEWEST_PAIRS).unwrap_or(6)..=1000))]
    pairs: u16,
    /// Only collectors with this in their name or option
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Does it, and gives the exit code.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(overhead(arguments))
}

async fn overhead(arguments: &Arguments) -> anyhow::Result<u8> {
    let subjects: Vec<Subject> = Subject::all().filter(|subject| subject.is(arguments.only.as_deref())).collect();
    if subjects.is_empty() {
        let names: Vec<&str> = Subject::all().map(Subject::name).collect();
        anyhow::bail!("--only fits no collector; there are {}", names.join(", "));
    }
    let mut signals = Signals::listen()?;
    let site = canarytrace::site::start(0).await.map_err(|failure| anyhow::anyhow!(failure.message))?;
    let measured =
        measure_unless_interrupted(site.url().as_str(), subjects, arguments.pairs.into(), &mut signals).await;
    site.stop().await;
    let report = match measured? {
        Ok(report) => report,
        Err(code) => return Ok(code),
    };
    if arguments.json {
        print::out(&(print::json_line(&report.json()) + "\n"))?;
    } else {
        print::out(&report.text())?;
    }
    Ok(0)
}

/// The report, or the exit code when a signal came.
async fn measure_unless_interrupted(
    base_url: &str,
    subjects: Vec<Subject>,
    pairs: usize,
    signals: &mut Signals,
) -> anyhow::Result<Result<Report, u8>> {
    let stage = Pairs::new(base_url).await?;
    let mut measuring = std::pin::pin!(measure(&stage, subjects, pairs));
    tokio::select! {
        measured = &mut measuring => measured.map(Ok),
        code = signals.raised() => {
            stage.end_all();
            // However it ends: nothing of it is left.
            let _ = measuring.await;
            Ok(Err(code))
        }
    }
}

async fn measure(stage: &Pairs, subjects: Vec<Subject>, pairs: usize) -> anyhow::Result<Report> {
    let bar = progress::bar(pairs * subjects.len() + 1, "");
    let mut rows: Vec<(Subject, Changes)> = subjects.into_iter().map(|subject| (subject, Changes::default())).collect();
    // Once before anything counts: files come from the disk.
    if let Some((first, _)) = rows.first() {
        stage.times(0, &first.options(), first.leaves()).await?;
        bar.inc(1);
    }
    // The collectors take turns too: what a machine does for minutes meets all of them.
    for number in 0..pairs {
        for (subject, changes) in &mut rows {
            bar.set_message(subject.name());
            changes.add(stage.times(number, &subject.options(), subject.leaves()).await?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(Report { pairs, rows })
}
