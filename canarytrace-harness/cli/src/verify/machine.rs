//! The machine that measured: how fast it is, and whether something held it back.

use std::fs;

use serde_json::{Value, json};

use super::measured::Visit;
use crate::statistics::median;

/// What the documents of its runs say of the machine.
#[derive(Debug, Default)]
pub(super) struct Machine {
    /// Processors that we may use.
    processors: Option<i64>,
    /// Its load average of the last minute, before anything was measured.
    load: Option<f64>,
    /// How fast a processor is: the median.
    benchmark_index: Option<f64>,
    /// How long the container stood still in all runs together, ms.
    throttled: Option<f64>,
    /// The largest share of the time in which something waited for a processor, percent.
    cpu_pressure: Option<f64>,
    /// The largest share that the hypervisor gave to others, percent.
    steal: Option<f64>,
    /// Why figures of runs can't be trusted, each reason once.
    pub(super) reasons: Vec<String>,
}

impl Machine {
    /// Before anything is measured.
    pub(super) fn now() -> Self {
        let load = fs::read_to_string("/proc/loadavg").ok();
        let load = load.and_then(|text| text.split_whitespace().next()?.parse().ok());
        Self { load, ..Self::default() }
    }

    /// What runs told.
    pub(super) fn note(&mut self, visits: &[Visit]) {
        let attempts: Vec<&Value> =
            visits.iter().flat_map(|visit| &visit.usage).filter(|usage| usage["of"] == "attempt").collect();
        let figures = |pointer: &str| -> Vec<f64> {
            attempts.iter().filter_map(|usage| usage.pointer(pointer)?.as_f64()).collect()
        };
        let largest = |pointer: &str| figures(pointer).into_iter().max_by(f64::total_cmp);
        self.processors = attempts.iter().find_map(|usage| usage["processors"].as_i64());
        self.benchmark_index = Some(median(&figures("/benchmarkIndex"))).filter(|index| index.is_finite());
        self.throttled = figures("/throttled/time").into_iter().reduce(|sum, time| sum + time);
        self.cpu_pressure = largest("/cpuPressure");
        self.steal = largest("/steal");
        let reasons = attempts.iter().filter_map(|usage| usage["unreliableReasons"].as_array()).flatten();
        for reason in reasons.filter_map(Value::as_str) {
            if !self.reasons.iter().any(|known| known == reason) {
                self.reasons.push(reason.to_owned());
            }
        }
    }

    /// In a line, for people.
    pub(super) fn text(&self) -> String {
        let part = |value: Option<f64>, digits: usize, what: &str| value.map(|value| format!("{value:.digits$}{what}"));
        let parts = [
            self.processors.map(|count| format!("{count} processors")),
            part(self.load, 2, " load before"),
            part(self.benchmark_index, 0, " benchmark index"),
            part(self.throttled, 0, " ms throttled"),
            part(self.cpu_pressure, 0, " % waited for a processor"),
            part(self.steal, 1, " % stolen"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "processors": self.processors,
            "loadAverage": self.load,
            "benchmarkIndex": self.benchmark_index,
            "throttled": self.throttled,
            "cpuPressure": self.cpu_pressure,
            "steal": self.steal,
            "unreliableReasons": self.reasons,
        })
    }
}
