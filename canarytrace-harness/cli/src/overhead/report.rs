//! What each collector costs, with an interval.

use std::fs;

use serde_json::{Value, json};

use super::collectors::{COLLECTORS, Collector};
use super::pair::Changes;
use crate::print;
use crate::statistics::{Interval, interval};

/// What was measured: a collector alone, or all that are on by default.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    One(&'static Collector),
    Defaults,
}

impl Subject {
    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        COLLECTORS.iter().map(Self::One).chain([Self::Defaults])
    }

    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::One(collector) => collector.name,
            Self::Defaults => "all defaults together",
        }
    }

    /// The dataset that it has to leave.
    pub(super) fn leaves(self) -> Option<&'static str> {
        match self {
            Self::One(collector) => collector.leaves,
            Self::Defaults => Some("request-log"),
        }
    }

    /// The options of the side that records.
    pub(super) fn options(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Defaults => Vec::new(),
            Self::One(on) => COLLECTORS
                .iter()
                .map(|each| (each.option, if each.option == on.option { each.on } else { each.off }))
                .collect(),
        }
    }

    /// Whether `text` is in its name or option, if there is one.
    pub(super) fn is(self, text: Option<&str>) -> bool {
        text.is_none_or(|text| self.name().contains(text) || self.option().is_some_and(|option| option.contains(text)))
    }

    fn option(self) -> Option<&'static str> {
        match self {
            Self::One(collector) => Some(collector.option),
            Self::Defaults => None,
        }
    }

    /// Whether it is on unless someone switches it off.
    fn is_default(self) -> bool {
        match self {
            Self::One(collector) => collector.default,
            Self::Defaults => true,
        }
    }
}

/// All there is to say.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) pairs: usize,
    pub(super) rows: Vec<(Subject, Changes)>,
}

impl Report {
    pub(super) fn json(&self) -> Value {
        let figures = |changes: &[f64]| {
            let found = interval(changes);
            json!({
                "estimate": found.map(|found| found.estimate),
                "low": found.map(|found| found.low),
                "high": found.map(|found| found.high),
                "below": found.map(|found| found.below),
                "changes": changes,
            })
        };
        let row = |(subject, changes): &(Subject, Changes)| {
            json!({
                "collector": subject.name(),
                "option": subject.option(),
                "default": subject.is_default(),
                "load": figures(&changes.load),
                "lcp": figures(&changes.lcp),
            })
        };
        json!({
            "pairs": self.pairs,
            "unit": "percent",
            "loadAverage": load_average(),
            "processors": std::thread::available_parallelism().ok().map(std::num::NonZero::get),
            "collectors": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }

    /// At most 80 columns.
    pub(super) fn text(&self) -> String {
        let title = format!("{} pairs", self.pairs);
        let mut text = format!("{title:<25}{:^27}{:^27}\n", "load time", "LCP");
        let columns_of = format!("{:>9}{:>18}", "change", "95 % interval");
        text.extend([format!("{:<25}", "collector"), columns_of.repeat(2), "\n".to_owned()]);
        for (subject, changes) in &self.rows {
            let mark = if subject.is_default() { "" } else { " *" };
            let name = format!("{}{mark}", subject.name());
            text.extend([format!("{name:<25}")]);
            text.extend([&changes.load, &changes.lcp].map(|of| interval(of).map_or_else(String::new, columns)));
            text.push('\n');
        }
        text.push('\n');
        text += &print::wrap(
            "Each is on alone, against nothing recorded; changes are of the median of 28 loads within a pair, the \
             estimate is that of Hodges and Lehmann, the interval that of the signed rank test. * off by default.",
            "",
        );
        text
    }
}

fn columns(found: Interval) -> String {
    let Interval { estimate, low, high, .. } = found;
    format!("{:>9}{:>18}", format!("{estimate:+.1} %"), format!("{low:+.1} to {high:+.1} %"))
}

fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_a_terminal_and_tells_what_is_off_by_default() {
        let changes = Changes { load: vec![1.0, 2.0, 3.0, 4.0, 5.0, 60.25], lcp: vec![-0.5; 6] };
        let rows = Subject::all().map(|subject| (subject, changes.clone())).collect();
        let text = Report { pairs: 6, rows }.text();
        assert!(text.lines().all(|line| line.chars().count() <= print::WIDTH), "{text}");
        let line = "all defaults together       +3.5 %   +1.0 to +60.2 %   -0.5 %    -0.5 to -0.5 %\n";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("\nHAR * "), "{text}");
    }

    #[test]
    fn one_collector_is_on_and_the_others_are_off() {
        for subject in Subject::all() {
            let on = subject.options().into_iter().filter(|(option, value)| {
                COLLECTORS.iter().any(|collector| collector.option == *option && collector.on == *value)
            });
            assert_eq!(on.count(), usize::from(matches!(subject, Subject::One(_))), "{}", subject.name());
        }
    }
}
