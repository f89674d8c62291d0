//! Whether a machine was fit to measure while an attempt went on.

use std::time::Duration;

/// An attempt that stood still for this share of its time, or longer, in percent: what a page needs to load grows by as
/// much, and 5 % is what we allow all of our own collectors.
const THROTTLED: f64 = 5.0;

/// Below this a processor is too slow for figures that are compared with those of others: a quarter of what a server has
/// (`benchmarkIndex` 150 to 160 on an AMD EPYC). Four times slower is what the presets for phones slow a page down to.
const SLOW: f64 = 40.0;

/// Share of the busy processor time that the hypervisor gave to others, in percent. Beyond a tenth, the same code takes
/// visibly longer by chance.
const STEAL: f64 = 10.0;

/// Share of the time in which something that could run had no processor, in percent. A browser that loads a page has more
/// threads that can run than there are processors, and causes some of it itself, but pauses between. Beyond three quarters
/// there was hardly a moment without: measured on two cores with other work beside it (load 20), 93 to 100.
const PRESSURE: f64 = 75.0;

/// What happens in less time than this is chance: counters of pressure and steal have steps of 10 ms.
const SHORTEST: Duration = Duration::from_millis(200);

/// Whether the figures of an attempt can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reliability {
    /// Why not; empty when they can.
    pub(crate) reasons: Vec<&'static str>,
    /// The same for people.
    pub(crate) words: Vec<String>,
}

/// What is known of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Condition {
    pub(super) duration: Duration,
    /// Time in which the container stood still.
    pub(super) throttled: Option<Duration>,
    pub(super) benchmark: f64,
    /// Percent.
    pub(super) steal: Option<f64>,
    /// Percent.
    pub(super) pressure: Option<f64>,
}

impl Condition {
    pub(super) fn judge(&self) -> Reliability {
        let mut verdict = Reliability::default();
        let mut add = |reason, words| {
            verdict.reasons.push(reason);
            verdict.words.push(words);
        };
        if let Some(throttled) = self.throttled
            && self.duration >= SHORTEST
            && throttled.as_secs_f64() * 100.0 >= THROTTLED * self.duration.as_secs_f64()
        {
            add(
                "throttled",
                format!(
                    "its container was out of processor time for {:.1} s of {:.1} s: raise the CPU limit",
                    throttled.as_secs_f64(),
                    self.duration.as_secs_f64()
                ),
            );
        }
        if self.benchmark < SLOW {
            add("slow-machine", format!("the processor is slow (index {:.0}, at least {SLOW:.0})", self.benchmark));
        }
        let long_enough = self.duration >= SHORTEST;
        if let Some(steal) = self.steal.filter(|steal| long_enough && *steal >= STEAL) {
            add("steal", format!("the hypervisor gave {steal:.0} % of the processor time to other machines"));
        }
        if let Some(pressure) = self.pressure.filter(|pressure| long_enough && *pressure >= PRESSURE) {
            add(
                "cpu-pressure",
                format!("something waited for a processor for {pressure:.0} % of the time: other work runs beside it"),
            );
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Condition = Condition {
        duration: Duration::from_secs(10),
        throttled: Some(Duration::from_millis(499)),
        benchmark: 150.0,
        steal: Some(9.9),
        pressure: Some(74.0),
    };

    #[test]
    fn each_reason_makes_an_attempt_unreliable_by_itself() {
        assert_eq!(GOOD.judge(), Reliability::default());
        for (condition, reason) in [
            (Condition { throttled: Some(Duration::from_millis(500)), ..GOOD }, "throttled"),
            (Condition { benchmark: 39.0, ..GOOD }, "slow-machine"),
            (Condition { steal: Some(10.0), ..GOOD }, "steal"),
            (Condition { pressure: Some(75.0), ..GOOD }, "cpu-pressure"),
        ] {
            let verdict = condition.judge();
            assert_eq!((verdict.reasons, verdict.words.len()), (vec![reason], 1));
        }
    }

    #[test]
    fn what_is_not_known_or_too_short_to_tell_is_no_reason() {
        let unknown = Condition { throttled: None, steal: None, pressure: None, ..GOOD };
        assert_eq!(unknown.judge(), Reliability::default());
        let short = Duration::from_millis(199);
        let short =
            Condition { duration: short, throttled: Some(short), steal: Some(100.0), pressure: Some(100.0), ..GOOD };
        assert_eq!(short.judge(), Reliability::default());
    }
}
