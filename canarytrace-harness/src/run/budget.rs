//! Budgets of an attempt: upper limits on what was measured. A budget without data fails.

use std::time::Duration;

use super::monitor::{BudgetDef, BudgetMetric};
use super::state::StepOver;
use crate::record::{Failure, FailureKind};

/// Sum of the durations of the outermost steps.
pub(crate) fn steps_total(steps: &[StepOver]) -> Duration {
    leaves(steps).map(|step| step.duration).sum()
}

/// The outermost steps; a suite only groups, so its steps count and it does not.
fn leaves(steps: &[StepOver]) -> impl Iterator<Item = &StepOver> {
    steps.iter().filter(|step| !step.is_suite && step.outermost)
}

/// Checks every budget against the steps of an attempt; all that are broken are named in one failure.
pub(crate) fn check(budgets: &[BudgetDef], steps: &[StepOver]) -> Option<Failure> {
    let mut broken = Vec::new();
    for BudgetDef { metric, limit } in budgets {
        match metric {
            BudgetMetric::Run => judge(&mut broken, "run", steps_total(steps), *limit, leaves(steps).next().is_some()),
            BudgetMetric::EveryStep => {
                if leaves(steps).next().is_none() {
                    broken.push("budget step: no data, the monitor has no step".to_owned());
                }
                for step in leaves(steps) {
                    judge(&mut broken, &format!("step \"{}\"", step.title), step.duration, *limit, true);
                }
            }
            BudgetMetric::Step(title) => {
                let named: Vec<_> = steps.iter().filter(|step| !step.is_suite && step.title == *title).collect();
                if named.is_empty() {
                    let known: Vec<_> =
                        steps.iter().filter(|step| !step.is_suite).map(|step| step.title.as_str()).collect();
                    broken.push(format!(
                        "budget step \"{title}\": no data, no step of this title ran (the steps were: {})",
                        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
                    ));
                }
                for step in named {
                    judge(&mut broken, &format!("step \"{title}\""), step.duration, *limit, true);
                }
            }
        }
    }
    if broken.is_empty() { None } else { Some(Failure::new(FailureKind::Budget, broken.join("\n"))) }
}

fn judge(broken: &mut Vec<String>, what: &str, measured: Duration, limit: Duration, data: bool) {
    if !data {
        broken.push(format!("budget {what}: no data, the monitor has no step"));
    } else if measured > limit {
        broken.push(format!("budget {what}: took {measured:.0?}, allowed is {limit:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(title: &str, ms: u64) -> StepOver {
        StepOver { title: title.to_owned(), is_suite: false, outermost: true, duration: Duration::from_millis(ms) }
    }

    fn budget(metric: BudgetMetric, ms: u64) -> BudgetDef {
        BudgetDef { metric, limit: Duration::from_millis(ms) }
    }

    #[test]
    fn a_budget_that_holds_says_nothing() {
        let steps = [step("open", 100), step("pay", 200)];
        let budgets = [
            budget(BudgetMetric::Run, 300),
            budget(BudgetMetric::EveryStep, 200),
            budget(BudgetMetric::Step("open"), 100),
        ];
        assert_eq!(check(&budgets, &steps), None);
    }

    #[test]
    fn every_broken_budget_is_named_with_what_was_measured_and_what_is_allowed() {
        let steps = [step("open", 100), step("pay", 250)];
        let budgets = [budget(BudgetMetric::Run, 300), budget(BudgetMetric::EveryStep, 200)];
        let failure = check(&budgets, &steps).unwrap();
        assert_eq!(failure.kind, FailureKind::Budget);
        assert_eq!(
            failure.message,
            "budget run: took 350ms, allowed is 300ms\nbudget step \"pay\": took 250ms, allowed is 200ms"
        );
    }

    #[test]
    fn a_budget_without_data_fails() {
        let budgets = [
            budget(BudgetMetric::Run, 300),
            budget(BudgetMetric::EveryStep, 300),
            budget(BudgetMetric::Step("pay"), 300),
        ];
        let failure = check(&budgets, &[]).unwrap();
        assert_eq!(failure.message.matches("no data").count(), 3);
    }

    #[test]
    fn steps_inside_a_step_are_not_counted_twice() {
        let mut inner = step("inner", 80);
        inner.outermost = false;
        assert_eq!(steps_total(&[inner, step("outer", 100)]), Duration::from_millis(100));
    }
}
