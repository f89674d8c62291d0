//! `canarytrace show`: one run, step by step.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use canarytrace::harness::readable;
use clap::Args;
use serde_json::Value;

use crate::print;
use crate::say;
use crate::stored::{Found, Places, Run, started};

/// Show a run: its steps with their durations, why it failed, its files
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run's id, a beginning of it that is unique, or `last`
    run: String,
    /// Data folder to look in; else `CANARYTRACE_DATA`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let places = Places::new(arguments.data.as_deref())?;
    let mut runs = places.find()?;
    let Some(last) = runs.pop() else { bail!("no runs in {}", places.runs_folder().display()) };
    let found = if arguments.run == "last" {
        last
    } else {
        runs.push(last);
        choose(runs, &arguments.run)?
    };
    let run = found.read();
    for damage in &run.damage {
        say::warning(damage);
    }
    print::out(&text(&found, &run))
}

/// The run whose id begins so.
fn choose(runs: Vec<Found>, prefix: &str) -> anyhow::Result<Found> {
    let prefix = prefix.to_lowercase();
    let mut matching: Vec<Found> =
        runs.into_iter().filter(|found| found.uuid.to_string().starts_with(&prefix)).collect();
    match matching.pop() {
        None => bail!("no run begins with {prefix:?}; `canarytrace runs` lists them"),
        Some(only) if matching.is_empty() => Ok(only),
        Some(last) => {
            matching.push(last);
            let ids = matching.iter().fold(String::new(), |list, found| format!("{list}\n    {}", found.uuid));
            bail!("{} runs begin with {prefix:?}; say which:{ids}", matching.len())
        }
    }
}

fn text(found: &Found, run: &Run) -> String {
    let mut text = String::new();
    let mut fact = |name: &str, value: &str| {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{name:<10} {value}");
    };
    fact("monitor", run.monitor().unwrap_or("no documents"));
    fact("run", &found.uuid.to_string());
    fact("started", &started(found.uuid, "%Y-%m-%d %H:%M:%S %:z"));
    let duration = run.duration().map(|duration| format!(" in {}", readable(duration)));
    fact("outcome", &format!("{}{}", run.end(), duration.unwrap_or_default()));
    if let Some(browser) = run.of("report").find_map(browser) {
        fact("browser", &browser);
    }
    if let Some(url) = run.of("report").find_map(|report| report["baseUrl"].as_str()) {
        fact("visits", url);
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (dataset, _) in &run.documents {
        *counts.entry(dataset).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(dataset, count)| format!("{count} {dataset}")).collect();
    fact("documents", if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }.as_str());
    for folder in &found.folders {
        fact("folder", &folder.display().to_string());
    }
    let attempts = run.documents.iter().filter_map(|(_, document)| document["attempt"].as_u64()).max();
    for attempt in 1..=attempts.unwrap_or(0) {
        text.push('\n');
        if attempts > Some(1) {
            let _ = writeln!(text, "attempt {attempt}");
        }
        text += &steps(run, attempt);
        if let Some((kind, fault, message)) = run.failure(Some(attempt)) {
            let _ = writeln!(text, "\n{kind} ({fault} fault):");
            text += &print::wrap(message, "    ");
        }
    }
    text
}

fn browser(report: &Value) -> Option<String> {
    let capabilities = &report["capabilities"];
    Some(format!("{} {}", capabilities["browserName"].as_str()?, capabilities["browserVersion"].as_str()?))
}

/// The suites and steps of an attempt in the order they began, each with its verdict.
fn steps(run: &Run, attempt: u64) -> String {
    let reports = || run.of("report").filter(|report| report["attempt"].as_u64() == Some(attempt));
    let ends: HashMap<&str, &Value> = reports()
        .filter(|report| report["event"] == "testStepEnd")
        .filter_map(|report| Some((report["uuidAction"].as_str()?, report)))
        .collect();
    let mut text = String::new();
    // A full title is that of what is around, a blank and the title; what has nothing around it stands in the monitor.
    let mut depths: HashMap<String, usize> = HashMap::new();
    for report in reports() {
        let (Some(event), Some(title), Some(full_title)) =
            (report["event"].as_str(), report["title"].as_str(), report["fullTitle"].as_str())
        else {
            continue;
        };
        let is_suite = event == "suiteStart";
        // The monitor itself is the outermost suite; its name stands above.
        if (!is_suite && event != "testStepStart") || Some(full_title) == run.monitor() {
            continue;
        }
        let around = full_title.strip_suffix(title).unwrap_or_default().trim_end();
        let depth = depths.get(around).map_or(0, |depth| depth + 1);
        depths.insert(full_title.to_owned(), depth);
        let indent = "  ".repeat(depth + 1);
        if is_suite {
            let _ = writeln!(text, "{indent}{title}:");
            continue;
        }
        let end = report["uuidAction"].as_str().and_then(|uuid_action| ends.get(uuid_action));
        let _ = match end {
            None => writeln!(text, "{indent}{title} ... no end"),
            Some(end) => {
                let verdict = if end["passed"] == true { "ok" } else { "FAILED" };
                let duration = end["testStepDuration"].as_f64().unwrap_or_default();
                let duration = Duration::try_from_secs_f64(duration / 1000.0).unwrap_or_default();
                writeln!(text, "{indent}{title} ... {verdict} ({})", readable(duration))
            }
        };
        let files = end.and_then(|end| end["attachments"].as_array()).into_iter().flatten();
        for file in files.filter_map(Value::as_str).filter(|file| *file != "no") {
            let _ = writeln!(text, "{indent}    {file}");
        }
    }
    text
}
