//! What was measured beside what is true, and the verdict.

use std::fmt::Write as _;

use canarytrace::record::Unit;
use canarytrace::site::{Bounds, TRUTHS, Truth};
use serde_json::{Value, json};

use super::machine::Machine;
use super::measured::Visit;
use crate::print;
use crate::statistics::{median, spread};

/// How one quantity came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Right, each time.
    Within,
    /// The median is too far from the truth.
    Outside,
    /// The median is right, but the measurements differ too much.
    Spread,
    /// Not measured in every round.
    NoData,
}

impl Verdict {
    fn words(self) -> &'static str {
        match self {
            Self::Within => "yes",
            Self::Outside => "NO",
            Self::Spread => "spread",
            Self::NoData => "no data",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Within => "within",
            Self::Outside => "outside",
            Self::Spread => "spread",
            Self::NoData => "no-data",
        }
    }
}

/// One quantity.
#[derive(Debug)]
struct Row {
    truth: &'static Truth,
    /// What was measured in each round that has it.
    values: Vec<f64>,
    verdict: Verdict,
}

impl Row {
    fn new(truth: &'static Truth, visits: &[Visit], tolerance: f64) -> Self {
        let values: Vec<f64> = visits.iter().filter_map(|visit| visit.of(truth)).collect();
        let Bounds { below, above, spread: widest } = truth.bounds;
        let error = median(&values) - truth.value;
        let verdict = if values.len() < visits.len() || values.is_empty() {
            Verdict::NoData
        } else if !(below * tolerance..=above * tolerance).contains(&rounded(error)) {
            Verdict::Outside
        } else if rounded(spread(&values)) > widest * tolerance {
            Verdict::Spread
        } else {
            Verdict::Within
        };
        Self { truth, values, verdict }
    }

    /// Only what takes time depends on the machine.
    fn is_timing(&self) -> bool {
        self.truth.unit == Unit::Milliseconds
    }

    fn json(&self) -> Value {
        let Truth { name, title, page, unit, value, bounds, .. } = self.truth;
        let Bounds { below, above, spread: widest } = bounds;
        let measured = (!self.values.is_empty()).then(|| median(&self.values));
        json!({
            "name": name,
            "title": title,
            "page": page,
            "unit": unit_name(*unit),
            "true": value,
            "measured": measured,
            "error": measured.map(|measured| rounded(measured - value)),
            "spread": measured.map(|_| rounded(spread(&self.values))),
            "values": self.values,
            "bounds": { "below": below, "above": above, "spread": widest },
            "verdict": self.verdict.name(),
        })
    }

    /// At most 80 columns.
    fn text(&self) -> String {
        let digits = match self.truth.unit {
            Unit::Score => 3,
            Unit::Milliseconds => 1,
            Unit::Bytes | Unit::Count | Unit::Percent => 0,
        };
        let number = |value: f64| format!("{value:.digits$}");
        let (measured, error, widest) = if self.values.is_empty() {
            ("–".to_owned(), "–".to_owned(), "–".to_owned())
        } else {
            let error = rounded(median(&self.values) - self.truth.value);
            // Nothing is -0.0.
            let error = if error == 0.0 { number(0.0) } else { format!("{error:+.digits$}") };
            (number(median(&self.values)), error, number(spread(&self.values)))
        };
        let (title, truth, verdict) = (self.truth.title, self.truth.words(), self.verdict.words());
        format!("{title:<26} {truth:>10} {measured:>10} {error:>9} {widest:>9}  {verdict}\n")
    }
}

/// Without what adding and subtracting floating point numbers leaves.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Milliseconds => "ms",
        Unit::Bytes => "bytes",
        Unit::Count => "count",
        Unit::Score => "score",
        Unit::Percent => "percent",
    }
}

/// All there is to say.
#[derive(Debug)]
pub(super) struct Report {
    rounds: usize,
    tolerance: f64,
    rows: Vec<Row>,
    machine: Machine,
}

impl Report {
    pub(super) fn new(visits: &[Visit], tolerance: f64, mut machine: Machine) -> Self {
        machine.note(visits);
        let rows = TRUTHS.iter().map(|truth| Row::new(truth, visits, tolerance)).collect();
        Self { rounds: visits.len(), tolerance, rows, machine }
    }

    /// Whether everything that doesn't depend on the machine was measured as it is.
    pub(super) fn is_right(&self) -> bool {
        !self.rows.iter().any(|row| match row.verdict {
            Verdict::Within => false,
            Verdict::NoData => true,
            Verdict::Outside | Verdict::Spread => !row.is_timing(),
        })
    }

    /// Whether figures that are taken on this machine can be trusted.
    pub(super) fn is_fit(&self) -> bool {
        self.is_right() && self.rows.iter().all(|row| row.verdict == Verdict::Within) && self.machine.reasons.is_empty()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "rounds": self.rounds,
            "tolerance": self.tolerance,
            "right": self.is_right(),
            "fit": self.is_fit(),
            "quantities": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "machine": self.machine.json(),
        })
    }

    /// At most 80 columns.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{:<26} {:>10} {:>10} {:>9} {:>9}  {}\n",
            format!("median of {}", self.rounds),
            "true",
            "measured",
            "error",
            "spread",
            "in bounds"
        );
        text.extend(self.rows.iter().map(Row::text));
        text.push('\n');
        text += &print::wrap(&self.machine.text(), "");
        // Writing to a String can't fail.
        let _ = writeln!(text, "{}", self.verdict());
        text
    }

    fn verdict(&self) -> String {
        let of = |wanted: fn(&Row) -> bool| -> String {
            let titles: Vec<&str> = self.rows.iter().filter(|row| wanted(row)).map(|row| row.truth.name).collect();
            titles.join(", ")
        };
        let missing = of(|row| row.verdict == Verdict::NoData);
        let wrong = of(|row| !row.is_timing() && matches!(row.verdict, Verdict::Outside | Verdict::Spread));
        let late = of(|row| row.is_timing() && matches!(row.verdict, Verdict::Outside | Verdict::Spread));
        let mut sentences = Vec::new();
        if !missing.is_empty() {
            sentences.push(format!("WRONG: no document says {missing}."));
        }
        if !wrong.is_empty() {
            sentences.push(format!("WRONG: {wrong}. These don't depend on the machine: it is a bug of ours."));
        }
        if !late.is_empty() {
            sentences.push(format!("Not fit to measure: {late} out of bounds."));
        }
        if !self.machine.reasons.is_empty() {
            sentences.push(format!("Not fit to measure: {}.", self.machine.reasons.join(", ")));
        }
        if !late.is_empty() || !self.machine.reasons.is_empty() {
            sentences.push("Give the browser more processor time, and see that nothing else runs.".to_owned());
        }
        if sentences.is_empty() {
            sentences.push("This machine is fit to measure.".to_owned());
        }
        let lines: Vec<String> = sentences.iter().map(|sentence| print::wrap(sentence, "")).collect();
        lines.concat().trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a visit's documents say when everything is as it is, but for one vital.
    fn visit(lcp: f64, cls: f64) -> Visit {
        let page = |slug: &str| format!("http://127.0.0.1:1/calibration/{slug}");
        let of = |name: &str| TRUTHS.iter().find(|truth| truth.name == name).unwrap().value;
        let raw = |path: &str, name: &str| {
            json!({
                "url": format!("http://127.0.0.1:2/calibration/{path}"),
                "response": { "totalEncodedDataLength": of(name) },
            })
        };
        Visit {
            vitals: vec![
                json!({ "url": page("first-byte"), "ttfb": 310.0 }),
                json!({ "url": page("late-font"), "fcp": 50.0, "lcp": 620.0 }),
                json!({ "url": page("late-image"), "fcp": 420.0, "lcp": lcp }),
                json!({ "url": page("long-task"), "tbt": 71.0, "longTasks": { "longest": 121.0 } }),
                json!({ "url": page("layout-shift"), "cls": cls }),
                json!({ "url": page("interaction"), "inp": 216.0 }),
            ],
            entries: vec![
                json!({ "entryType": "navigation", "name": page("first-byte"), "ttfb": 301.0 }),
                json!({
                    "entryType": "resource", "name": page("gzip"),
                    "encodedBodySize": of("gzip-encoded"), "decodedBodySize": of("gzip-decoded"),
                }),
            ],
            requests: vec![
                json!({ "url": page("first-byte"), "har": { "wait": 301.5 } }),
                raw("plain", "plain"),
                raw("gzip", "gzip"),
                json!({
                    "url": "http://127.0.0.1:3/refused", "outcome": "failed",
                    "errorText": "net::ERR_CONNECTION_REFUSED",
                }),
            ],
            coverage: [("js", "script"), ("css", "style")]
                .map(|(end, name)| {
                    let unused = of(&format!("{name}-unused"));
                    json!({
                        "url": page(&format!("coverage.{end}")), "testStep": "Coverage",
                        "total": of(name), "unused": unused,
                    })
                })
                .into(),
            usage: vec![
                json!({ "of": "attempt", "processors": 4, "benchmarkIndex": 150.2, "throttled": { "time": 0 } }),
            ],
        }
    }

    fn report(visits: &[Visit]) -> Report {
        Report::new(visits, 1.0, Machine::default())
    }

    #[test]
    fn a_machine_is_fit_when_all_that_was_measured_is_within_its_bounds() {
        let report = report(&[visit(812.0, 0.15), visit(816.7, 0.15), visit(820.0, 0.15)]);
        assert!(report.is_right() && report.is_fit(), "{}", report.text());
        let text = report.text();
        assert!(text.lines().all(|line| line.chars().count() <= print::WIDTH), "{text}");
        assert!(text.contains("Largest Contentful Paint       800 ms      816.7     +16.7       8.0  yes\n"), "{text}");
        assert!(text.ends_with("4 processors, 150 benchmark index, 0 ms throttled\nThis machine is fit to measure.\n"));
    }

    #[test]
    fn a_late_paint_is_the_machines_and_a_wrong_score_is_ours() {
        let late = report(&[visit(900.0, 0.15), visit(890.0, 0.15)]);
        assert!(late.is_right() && !late.is_fit());
        assert!(late.text().contains("Not fit to measure: lcp out of bounds.\n"), "{}", late.text());
        let wrong = report(&[visit(810.0, 0.2), visit(810.0, 0.2)]);
        assert!(!wrong.is_right() && !wrong.is_fit());
        assert!(wrong.text().contains("WRONG: cls. "), "{}", wrong.text());
        let restless = report(&[visit(800.0, 0.15), visit(815.0, 0.15), visit(840.0, 0.15)]);
        assert!(restless.text().contains("40.0  spread\n") && !restless.is_fit(), "{}", restless.text());
    }

    #[test]
    fn no_data_is_wrong_and_so_is_what_was_counted_twice() {
        let mut silent = visit(810.0, 0.15);
        silent.vitals.clear();
        let silent = report(&[visit(810.0, 0.15), silent]);
        assert!(!silent.is_right(), "{}", silent.text());
        let text = silent.text().replace('\n', " ");
        assert!(
            text.contains("WRONG: no document says ttfb, fcp, lcp, lcp-font, long-task, tbt, cls, inp. "),
            "{text}"
        );
        let mut twice = visit(810.0, 0.15);
        twice.coverage.extend(visit(810.0, 0.15).coverage);
        assert!(!report(&[twice]).is_right());
        assert!(!report(&[]).is_right());
    }

    #[test]
    fn an_unreliable_run_and_a_throttled_one_make_a_machine_unfit() {
        let mut slow = visit(810.0, 0.15);
        slow.usage[0]["unreliableReasons"] = json!(["throttled", "slow-machine"]);
        let report = report(&[visit(810.0, 0.15), slow]);
        assert!(report.is_right() && !report.is_fit());
        assert!(report.text().contains("Not fit to measure: throttled, slow-machine.\n"), "{}", report.text());
    }

    #[test]
    fn wider_bounds_are_wider_for_what_takes_time_and_not_for_what_is_counted() {
        let visits = || [visit(900.0, 0.15), visit(890.0, 0.15)];
        assert!(Report::new(&visits(), 3.0, Machine::default()).is_fit());
        let mut odd = visit(810.0, 0.15);
        odd.coverage[0]["unused"] = json!(1);
        assert!(!Report::new(&[odd], 1000.0, Machine::default()).is_right());
    }
}
