//! What a replay found, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use canarytrace::record::BudgetResult;
use serde_json::{Value, json};

use super::command::Facts;
use super::compare::{Difference, Stored};
use super::tally::{Sums, Tally};
use crate::print::{self, WIDTH};

/// How much of a kind is named in the text for people; all is counted, and in the JSON.
const SHOWN: usize = 10;

/// All there is to say.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) name: String,
    pub(super) tally: Tally,
    pub(super) facts: Facts,
    pub(super) stored: Option<Compared>,
    /// The budgets, judged again.
    pub(super) budgets: Vec<BudgetResult>,
}

/// What the comparison with the stored documents gave.
#[derive(Debug)]
pub(super) struct Compared {
    folders: Vec<PathBuf>,
    /// Documents that can't be read.
    pub(super) damage: Vec<String>,
    /// By dataset; `None` when nobody knows which attempt the log is of.
    differences: Option<BTreeMap<&'static str, Difference>>,
}

impl Compared {
    pub(super) fn new(stored: Stored, facts: &Facts, derived: Vec<(&'static str, Value)>) -> Self {
        let (folders, damage) = (stored.folders.clone(), stored.damage.clone());
        let attempt = facts.attempt().or_else(|| stored.only_attempt());
        Self {
            folders,
            damage,
            differences: attempt.map(|attempt| stored.compare(attempt, facts.iteration(), derived)),
        }
    }

    pub(super) fn is_different(&self) -> bool {
        self.differences.as_ref().is_none_or(|differences| !differences.values().all(Difference::is_none))
    }
}

impl Report {
    /// The line that closes the documents.
    pub(super) fn json(&self) -> Value {
        let Facts { bytes, messages, others, ended, missed, damage, damaged, .. } = &self.facts;
        let Sums { requests, failed, bytes: transferred, messages: console, errors } = self.tally.all();
        let compared = self.stored.as_ref().map(|compared| {
            let of = |(dataset, difference): (&&str, &Difference)| {
                let Difference { stored, derived, missing, additional, changed } = difference;
                let changed: Vec<Value> =
                    changed.iter().map(|(document, fields)| json!({ "stored": document, "fields": fields })).collect();
                let difference = json!({
                    "stored": stored, "derived": derived,
                    "missing": missing, "additional": additional, "changed": changed,
                });
                ((*dataset).to_owned(), difference)
            };
            json!({
                "folders": compared.folders,
                "equal": !compared.is_different(),
                "damage": compared.damage,
                "datasets": compared.differences.as_ref().map(|all| all.iter().map(of).collect::<serde_json::Map<_, _>>()),
            })
        });
        let ended = ended.map(|[seen, kept, missed]| json!({ "seen": seen, "kept": kept, "missed": missed }));
        json!({
            "dataset": "replay",
            "log": {
                "name": self.name,
                "bytes": bytes,
                "messages": messages,
                "otherObjects": others,
                "recorded": ended,
                "messagesMissed": missed,
                "damaged": damaged,
                "damage": damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
            },
            "requests": requests,
            "failed": failed,
            "bytes": transferred,
            "console": console,
            "errors": errors,
            "budgets": self.budgets,
            "comparedWith": compared,
        })
    }

    /// At most [`WIDTH`] columns.
    pub(super) fn text(&self) -> String {
        let mut text = self.head();
        text += &self.table();
        let section = |text: &mut String, title: &str, lines: &[String]| {
            if !lines.is_empty() {
                // Writing to a String can't fail.
                let _ = writeln!(text, "\n{title}:");
                for line in lines {
                    *text += &print::wrap(&print::visible(line), "    ");
                }
            }
        };
        let budgets: Vec<String> = self.budgets.iter().map(BudgetResult::line).collect();
        section(&mut text, "Budgets, judged by this log", &budgets);
        section(&mut text, "What is missing or damaged", &self.gaps());
        if let Some(compared) = &self.stored {
            text += &compared.text();
            section(&mut text, "Stored documents that can't be read", &compared.damage);
        }
        text
    }

    fn head(&self) -> String {
        let mut text = String::new();
        let mut fact = |name: &str, value: &str| {
            let value = print::shorten(&print::visible(value), WIDTH - 11);
            let _ = writeln!(text, "{name:<10} {value}");
        };
        let facts = &self.facts;
        fact("log", &self.name);
        let kind = if facts.compressed { "zstd, " } else { "" };
        fact("holds", &format!("{} messages, {kind}{} of text", facts.messages, size(facts.bytes)));
        if let Some(started) = &facts.started {
            let attempt = started.attempt.integer().unwrap_or_default();
            fact("run", &format!("{}, attempt {attempt}", started.uuid.text()));
            fact("monitor", started.monitor.text());
            fact("browser", started.browser.text());
        }
        text
    }

    fn table(&self) -> String {
        let mut text =
            format!("\n{:>8}  {:>6}  {:>9}  {:>7}  {:>6}  step\n", "requests", "failed", "bytes", "console", "errors");
        let mut line = |title: &str, sums: &Sums| {
            let Sums { requests, failed, bytes, messages, errors } = sums;
            let figures = format!("{requests:>8}  {failed:>6}  {:>9}  {messages:>7}  {errors:>6}  ", size(*bytes));
            let room = WIDTH.saturating_sub(figures.chars().count());
            let _ = writeln!(text, "{figures}{}", print::shorten(&print::visible(title), room));
        };
        let lines = self.tally.lines();
        for (title, sums) in &lines {
            line(title, sums);
        }
        if lines.len() != 1 {
            line("(all)", &self.tally.all());
        }
        text
    }

    /// What documents may be missing for.
    fn gaps(&self) -> Vec<String> {
        let facts = &self.facts;
        let mut gaps: Vec<String> = facts.damage.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = facts.damaged.saturating_sub(gaps.len() as u64);
        if more > 0 {
            gaps.push(format!("… and {more} more places like these"));
        }
        if facts.missed > 0 {
            gaps.push(format!("{} messages were not recorded: more came than could be taken in", facts.missed));
        }
        match facts.ended {
            None if facts.started.is_some() => {
                gaps.push("the recording has no end: the run was killed, or the rest of the log is gone".to_owned());
            }
            Some([seen, kept, missed]) if seen.saturating_sub(missed) > kept => {
                let left = seen - missed - kept;
                gaps.push(format!("{left} of {seen} messages were left out of the log, which was as long as allowed"));
            }
            _ => {}
        }
        gaps
    }
}

impl Compared {
    fn text(&self) -> String {
        let folder = self.folders.first().map(|folder| folder.display().to_string()).unwrap_or_default();
        let mut text = format!("\nCompared with {}:\n", print::shorten(&print::visible(&folder), WIDTH - 15));
        let Some(differences) = &self.differences else {
            return text + &print::wrap("several attempts, and the log doesn't say which of them it is of", "    ");
        };
        for (dataset, difference) in differences {
            let Difference { stored, derived, missing, additional, changed } = difference;
            let verdict = if difference.is_none() { "equal" } else { "DIFFERENT" };
            let _ = writeln!(text, "    {dataset:<12} {stored} stored, {derived} derived: {verdict}");
            for (kind, documents) in [("missing", missing), ("additional", additional)] {
                for document in documents.iter().take(SHOWN) {
                    let line = format!("{kind}: {}", subject(document));
                    let _ = writeln!(text, "        {}", print::shorten(&print::visible(&line), WIDTH - 8));
                }
                more(&mut text, kind, documents.len());
            }
            for (document, fields) in changed.iter().take(SHOWN) {
                let line = format!("changed: {}", subject(document));
                let _ = writeln!(text, "        {}", print::shorten(&print::visible(&line), WIDTH - 8));
                let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                text += &print::wrap(&print::visible(&fields.join(", ")), "            ");
            }
            more(&mut text, "changed", changed.len());
        }
        text
    }
}

fn more(text: &mut String, kind: &str, all: usize) {
    if all > SHOWN {
        let _ = writeln!(text, "        … and {} more {kind}; --json has all", all - SHOWN);
    }
}

/// What a document is about.
fn subject(document: &Value) -> String {
    let of = |name: &str| document[name].as_str().unwrap_or_default();
    if document["requestId"].is_string() && document["eventType"].is_null() {
        let method = document["request"]["method"].as_str().unwrap_or_default();
        format!("{method} {}", of("url"))
    } else if document["metric"].is_string() {
        let parts = ["metric", "name", "step"].map(of).into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    } else {
        format!("{} {}", of("level"), of("text"))
    }
}

/// Bytes for people: `45.2 kB`.
fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are printed")]
    let mut size = bytes as f64;
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut unit = "";
    for next in ["kB", "MB", "GB", "TB"] {
        if size < 999.95 {
            break;
        }
        (size, unit) = (size / 1000.0, next);
    }
    format!("{size:.1} {unit}")
}
