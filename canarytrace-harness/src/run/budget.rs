//! Budgets of an attempt: limits of what was measured. A budget without data is broken.

use super::figures::{Figures, Found, Subject};
use super::given::MonitorKind;
use super::statistics::median;
use crate::config::Config;
use crate::record::{Budget, BudgetResult, Failure, FailureKind, Metric};

/// How budgets were judged.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Each with what was measured.
    pub results: Vec<BudgetResult>,
    /// What is wrong with those that are broken, a line each.
    broken: Vec<String>,
    /// The same of those that only warn.
    pub warnings: Vec<String>,
}

impl Judged {
    /// All broken budgets in one failure.
    pub(super) fn failure(&self) -> Option<Failure> {
        if self.broken.is_empty() { None } else { Some(Failure::new(FailureKind::Budget, self.broken.join("\n"))) }
    }
}

/// Judges every budget by the iterations of an attempt, each by the median of its values. `why` says why something has no
/// data in one of them.
pub fn judge(budgets: &[Budget], iterations: &[Figures], why: impl Fn(&Budget, &Figures) -> String) -> Judged {
    let mut judged = Judged::default();
    for budget in budgets {
        let each = each_step(budget, iterations);
        if each.is_empty() {
            judged.take(one(budget, iterations, &why), iterations.len());
        }
        for budget in each {
            judged.take(one(&budget, iterations, &why), iterations.len());
        }
    }
    judged
}

impl Judged {
    fn take(&mut self, (result, step): (BudgetResult, Option<String>), iterations: usize) {
        if !result.passed {
            let message = result.message(step.as_deref(), iterations);
            if result.warn { self.warnings.push(message) } else { self.broken.push(message) }
        }
        self.results.push(result);
    }
}

/// `step <= "5s"` limits every outermost step by itself.
fn each_step(budget: &Budget, iterations: &[Figures]) -> Vec<Budget> {
    if budget.metric != Metric::Step || budget.step.is_some() {
        return Vec::new();
    }
    let mut titles: Vec<&str> = Vec::new();
    for title in iterations.iter().flat_map(Figures::outermost) {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles.into_iter().map(|title| Budget { step: Some(title.to_owned()), ..budget.clone() }).collect()
}

/// How one budget was judged, and the step that its value was measured in.
fn one(
    budget: &Budget,
    iterations: &[Figures],
    why: &impl Fn(&Budget, &Figures) -> String,
) -> (BudgetResult, Option<String>) {
    let Budget { metric, name, step, limit, warn } = budget.clone();
    let mut result = BudgetResult {
        metric,
        name,
        step,
        unit: metric.unit().as_str(),
        limit,
        value: None,
        passed: false,
        warn,
        url: None,
        no_data: None,
    };
    let subject = Subject { metric, name: budget.name.as_deref(), step: budget.step.as_deref() };
    let mut found: Vec<Found> = Vec::new();
    for (at, figures) in iterations.iter().enumerate() {
        if let Some(value) = figures.get(subject) {
            found.push(value);
        } else {
            let place = if iterations.len() > 1 { format!("in iteration {}: ", at + 1) } else { String::new() };
            result.no_data = Some(format!("{place}{}", why(budget, figures)));
            return (result, None);
        }
    }
    if found.is_empty() {
        result.no_data = Some("nothing was measured".to_owned());
        return (result, None);
    }
    let value = median(&found.iter().map(|found| found.value).collect::<Vec<_>>());
    result.value = Some(value);
    result.passed = if metric.more_is_better() { value >= limit } else { value <= limit };
    // The page is that of the iteration in the middle.
    let distance = |found: &Found| (found.value - value).abs();
    let nearest = found.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let (url, step) = nearest.map(|found| (found.url, found.step)).unwrap_or_default();
    result.url = url;
    (result, step)
}

/// Why something has no data.
pub(super) fn why(budget: &Budget, figures: &Figures, config: &Config, kind: MonitorKind, gap: Option<&str>) -> String {
    if let Some(title) = &budget.step
        && !figures.titles().contains(&&**title)
    {
        let titles = figures.titles();
        let known = if titles.is_empty() { "none".to_owned() } else { titles.join(", ") };
        return format!("no step of this title ran (the steps were: {known})");
    }
    let metric = budget.metric;
    if matches!(metric, Metric::Run | Metric::Step) {
        return "the monitor has no step".to_owned();
    }
    if kind == MonitorKind::Api {
        return "the monitor takes an `Api` and starts no browser".to_owned();
    }
    let (dataset, options) = metric.source();
    if let Some(option) = options.iter().find(|option| config.is_off(option)) {
        return format!("its collector is off: {option}={}", config.in_force(option).unwrap_or_default());
    }
    if let Some(gap) = gap {
        return gap.to_owned();
    }
    match metric {
        Metric::Inp => "no interaction (a click, a tap or a key) was measured".to_owned(),
        Metric::Requests | Metric::FailedRequests | Metric::Transfer => "the browser made no request".to_owned(),
        Metric::Mark | Metric::Measure => {
            let names: Vec<&str> = figures.names(metric).into_iter().collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            format!("no {metric} of this name was seen (those that were: {known})")
        }
        _ => format!("no document of the dataset {dataset} has it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::figures::tests::{sample, step};

    fn budget(metric: Metric, step: Option<&str>, limit: f64) -> Budget {
        Budget { metric, name: None, step: step.map(str::to_owned), limit, warn: false }
    }

    fn steps(steps: Vec<crate::run::figures::StepOver>) -> Figures {
        Figures { steps, ..Figures::default() }
    }

    fn check(budgets: &[Budget], iterations: &[Figures]) -> Judged {
        judge(budgets, iterations, |_, _| "for a reason".to_owned())
    }

    #[test]
    fn a_budget_that_holds_says_nothing() {
        let figures = steps(vec![step("open", 100), step("pay", 200)]);
        let budgets = [
            budget(Metric::Run, None, 300.0),
            budget(Metric::Step, None, 200.0),
            budget(Metric::Step, Some("open"), 100.0),
        ];
        let judged = check(&budgets, &[figures]);
        assert_eq!((judged.failure(), judged.warnings.len()), (None, 0));
        let results: Vec<_> = judged.results.iter().map(|result| (result.subject(), result.value)).collect();
        assert_eq!(
            results,
            [
                ("run".to_owned(), Some(300.0)),
                ("step \"open\"".to_owned(), Some(100.0)),
                ("step \"pay\"".to_owned(), Some(200.0)),
                ("step \"open\"".to_owned(), Some(100.0)),
            ]
        );
    }

    #[test]
    fn every_broken_budget_is_named_with_what_was_measured_where_and_what_is_allowed() {
        let open = step("open", 100);
        let samples = vec![sample(Metric::Lcp, 2600.0, Some(&open)), sample(Metric::PerformanceScore, 80.0, None)];
        let figures = Figures { steps: vec![open, step("pay", 250)], samples, counted: Vec::new() };
        let budgets = [
            budget(Metric::Run, None, 300.0),
            budget(Metric::Step, None, 200.0),
            budget(Metric::Lcp, None, 2500.0),
            budget(Metric::Lcp, Some("open"), 2500.0),
            budget(Metric::PerformanceScore, None, 90.0),
        ];
        let failure = check(&budgets, &[figures]).failure().unwrap();
        assert_eq!(failure.kind, FailureKind::Budget);
        assert_eq!(
            failure.message,
            "budget run: 350 ms, allowed is at most 300 ms\n\
             budget step \"pay\": 250 ms, allowed is at most 200 ms\n\
             budget lcp: 2.6 s at http://shop/2600 in the step \"open\", allowed is at most 2.5 s\n\
             budget lcp of the step \"open\": 2.6 s at http://shop/2600, allowed is at most 2.5 s\n\
             budget performance_score: 80 at http://shop/80, wanted is at least 90"
        );
    }

    #[test]
    fn a_budget_without_data_is_broken() {
        let budgets = [
            budget(Metric::Run, None, 300.0),
            budget(Metric::Step, None, 300.0),
            budget(Metric::Step, Some("pay"), 300.0),
            budget(Metric::Lcp, None, 300.0),
        ];
        let judged = check(&budgets, &[Figures::default()]);
        let message = judged.failure().unwrap().message;
        assert_eq!(message.matches(": no data, for a reason").count(), 4, "{message}");
        assert!(judged.results.iter().all(|result| !result.passed && result.value.is_none()));
    }

    #[test]
    fn a_broken_warning_is_no_failure() {
        let warning = Budget { warn: true, ..budget(Metric::Run, None, 1.0) };
        let judged = check(&[warning, budget(Metric::Run, None, 500.0)], &[steps(vec![step("open", 100)])]);
        assert_eq!(judged.failure(), None);
        assert_eq!(judged.warnings, ["budget run: 100 ms, allowed is at most 1 ms"]);
        assert_eq!(judged.results.iter().map(|result| result.passed).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn iterations_are_judged_by_their_median() {
        let iterations: Vec<Figures> = [100, 9000, 120].map(|ms| steps(vec![step("open", ms)])).into();
        assert_eq!(check(&[budget(Metric::Run, None, 120.0)], &iterations).failure(), None);
        assert_eq!(
            check(&[budget(Metric::Run, None, 110.0)], &iterations).failure().unwrap().message,
            "budget run: 120 ms (median of 3 iterations), allowed is at most 110 ms"
        );
        let mut iterations = iterations;
        iterations.push(Figures::default());
        assert_eq!(
            check(&[budget(Metric::Run, None, 500.0)], &iterations).failure().unwrap().message,
            "budget run: no data, in iteration 4: for a reason"
        );
    }

    #[test]
    fn why_there_is_no_data_is_said() {
        let environment = [("REQUEST_LOG", "no")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let off = Config::from_parts(environment, None).unwrap();
        let on = Config::from_parts([], None).unwrap();
        let browser = MonitorKind::Browser;
        let figures = steps(vec![step("open", 1)]);
        let says = |metric, title, config, kind| why(&budget(metric, title, 1.0), &figures, config, kind, None);
        assert_eq!(says(Metric::Requests, None, &off, browser), "its collector is off: REQUEST_LOG=no");
        assert_eq!(says(Metric::Requests, None, &on, browser), "the browser made no request");
        assert_eq!(says(Metric::Lcp, None, &on, MonitorKind::Api), "the monitor takes an `Api` and starts no browser");
        assert_eq!(
            says(Metric::Requests, Some("pay"), &on, browser),
            "no step of this title ran (the steps were: open)"
        );
        let gap = why(&budget(Metric::Requests, None, 1.0), &figures, &on, browser, Some("7 messages are missing"));
        assert_eq!(gap, "7 messages are missing");
    }
}
