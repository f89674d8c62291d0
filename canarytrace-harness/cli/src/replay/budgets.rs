//! Judges the budgets of a run again, by what its log gives.

use std::time::Duration;

use canarytrace::collect::derive::Derived;
use canarytrace::devtools::protocol::canarytrace::{RecordingStarted, StepEnded};
use canarytrace::record::{Budget, BudgetResult, Sample};
use canarytrace::run::{Figures, StepOver, judge};
use uuid::Uuid;

/// What the log tells of its budgets so far.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    declared: Vec<Budget>,
    figures: Figures,
    /// The steps that are open, outermost first: what they are and their titles.
    open: Vec<(Uuid, String)>,
    /// The attempt came to its end: what follows does not count.
    over: bool,
}

impl Budgets {
    /// Those that the log says it is judged by.
    pub(super) fn of(started: &RecordingStarted<'_>) -> Self {
        let budgets = started.budgets.get().cloned().unwrap_or_default();
        let options = started.options.get().cloned().unwrap_or_default();
        let is_on = |name: &str| options[name].as_bool().unwrap_or(true);
        let counted = Figures::counted(is_on("REQUEST_LOG"), is_on("CONSOLE_INTERCEPT"));
        Self {
            // A log of another version may have some that this one doesn't know.
            declared: serde_json::from_value(budgets).unwrap_or_default(),
            figures: Figures { counted, ..Figures::default() },
            ..Self::default()
        }
    }

    pub(super) fn step_starts(&mut self, step: Uuid, title: &str) {
        self.open.push((step, title.to_owned()));
    }

    pub(super) fn step_ends(&mut self, ended: &StepEnded<'_>) {
        let Ok(id) = Uuid::parse_str(ended.uuid_action.text()) else { return };
        let Some(at) = self.open.iter().rposition(|(open, _)| *open == id) else { return };
        let (uuid_action, title) = self.open.remove(at);
        let duration = ended.duration.get().and_then(serde_json::Number::as_f64).unwrap_or_default();
        self.figures.steps.push(StepOver {
            uuid_action,
            around: self.open[..at].iter().map(|(step, _)| *step).collect(),
            title,
            is_suite: ended.is_suite.get().copied().unwrap_or_default(),
            // Which of those around it are suites is known when they end.
            outermost: false,
            duration: Duration::try_from_secs_f64(duration / 1000.0).unwrap_or_default(),
        });
    }

    pub(super) fn note(&mut self, derived: &[Derived]) {
        if !self.over {
            self.figures.samples.extend(derived.iter().flat_map(Derived::samples));
        }
    }

    /// The code of the monitor is over, with these figures of requests that are under way.
    pub(super) fn attempt_is_over(&mut self, under_way: Vec<Sample>) {
        if !self.over {
            self.figures.samples.extend(under_way);
        }
        self.over = true;
    }

    /// How they are judged; nothing when the attempt did not come to its end.
    pub(super) fn results(mut self) -> Vec<BudgetResult> {
        if !self.over {
            return Vec::new();
        }
        let suites: Vec<Uuid> =
            self.figures.steps.iter().filter(|step| step.is_suite).map(|step| step.uuid_action).collect();
        for step in &mut self.figures.steps {
            step.outermost = step.around.iter().all(|around| suites.contains(around));
        }
        let judged = judge(&self.declared, &[self.figures], |_, _| "the log has none".to_owned());
        judged.results
    }
}
