//! The figures of one iteration: what its steps took, and what its documents hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use crate::record::{Metric, Sample};

/// A step that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOver {
    /// The step.
    pub uuid_action: Uuid,
    /// The steps and suites around it.
    pub around: Vec<Uuid>,
    /// Its title.
    pub title: String,
    /// A suite only groups.
    pub is_suite: bool,
    /// Only suites are around it.
    pub outermost: bool,
    /// How long its code took.
    pub duration: Duration,
}

/// What was measured of one iteration.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The steps and suites that are over.
    pub steps: Vec<StepOver>,
    /// The figures of its documents.
    pub samples: Vec<Sample>,
    /// The sums whose documents are all there: no document of them means none.
    pub counted: Vec<Metric>,
}

/// A figure, and what it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// In the unit of the metric.
    pub value: f64,
    /// The page or resource.
    pub url: Option<String>,
    /// Title of the step.
    pub step: Option<String>,
}

/// A figure without saying of which iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject<'a> {
    /// What it is.
    pub metric: Metric,
    /// The name of a mark or measure.
    pub name: Option<&'a str>,
    /// Title of the step; none for all of the journey.
    pub step: Option<&'a str>,
}

impl<'a> Subject<'a> {
    fn of(metric: Metric, step: Option<&'a str>) -> Self {
        Self { metric, name: None, step }
    }
}

/// Milliseconds with fractions.
fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Sum of the durations of the outermost steps.
pub(crate) fn steps_total(steps: &[StepOver]) -> Duration {
    leaves(steps).map(|step| step.duration).sum()
}

/// The outermost steps; a suite only groups, so its steps count and it does not.
fn leaves(steps: &[StepOver]) -> impl Iterator<Item = &StepOver> {
    steps.iter().filter(|step| !step.is_suite && step.outermost)
}

impl Figures {
    /// The sums that are counted when requests and the console become documents.
    pub fn counted(requests: bool, console: bool) -> Vec<Metric> {
        let mut counted = Vec::new();
        if requests {
            counted.extend([Metric::Requests, Metric::FailedRequests, Metric::Transfer]);
        }
        if console {
            counted.push(Metric::ConsoleErrors);
        }
        counted
    }

    /// Titles of the outermost steps in their order, each once.
    pub(super) fn outermost(&self) -> Vec<&str> {
        let mut titles = Vec::new();
        for step in leaves(&self.steps) {
            if !titles.contains(&&*step.title) {
                titles.push(&*step.title);
            }
        }
        titles
    }

    /// Titles of all steps that ran.
    pub(super) fn titles(&self) -> Vec<&str> {
        self.steps.iter().filter(|step| !step.is_suite).map(|step| &*step.title).collect()
    }

    fn named<'a>(&'a self, title: &'a str) -> impl Iterator<Item = &'a StepOver> {
        self.steps.iter().filter(move |step| !step.is_suite && step.title == title)
    }

    /// Title of the step that a sample was taken in.
    fn title_of(&self, sample: &Sample) -> Option<String> {
        let step = self.steps.iter().find(|step| Some(step.uuid_action) == sample.step)?;
        Some(step.title.clone())
    }

    /// Whether a sample was taken within a step of this title, or within one inside of it.
    fn is_in(&self, sample: &Sample, title: &str) -> bool {
        let Some(taken_in) = sample.step else { return false };
        let around = self.steps.iter().find(|step| step.uuid_action == taken_in).map(|step| &*step.around);
        self.named(title)
            .any(|step| step.uuid_action == taken_in || around.is_some_and(|a| a.contains(&step.uuid_action)))
    }

    /// The names of the marks, or measures, that there are.
    pub(super) fn names(&self, metric: Metric) -> BTreeSet<&str> {
        let of = self.samples.iter().filter(|sample| sample.metric == metric);
        of.filter_map(|sample| sample.name.as_deref()).collect()
    }

    /// The figure: of sums the sum, of others the worst; none when nothing was measured.
    pub(super) fn get(&self, subject: Subject<'_>) -> Option<Found> {
        let Subject { metric, name, step } = subject;
        let plain = |value| Found { value, url: None, step: None };
        match (metric, step) {
            (Metric::Run, _) => {
                leaves(&self.steps).next()?;
                return Some(plain(millis(steps_total(&self.steps))));
            }
            (Metric::Step, None) => {
                let worst = leaves(&self.steps).max_by_key(|step| step.duration)?;
                return Some(Found { step: Some(worst.title.clone()), ..plain(millis(worst.duration)) });
            }
            (Metric::Step, Some(title)) => {
                return self.named(title).map(|step| step.duration).max().map(|duration| plain(millis(duration)));
            }
            _ => {}
        }
        let is_of = |sample: &&Sample| {
            sample.metric == metric
                && (!metric.is_named() || sample.name.as_deref() == name)
                && step.is_none_or(|title| self.is_in(sample, title))
        };
        let mut samples = self.samples.iter().filter(is_of).peekable();
        if metric.is_sum() {
            if samples.peek().is_none() && !self.is_none(metric, step) {
                return None;
            }
            if matches!(metric, Metric::UnusedJs | Metric::UnusedCss) {
                return Some(plain(unused(samples)));
            }
            return Some(plain(samples.map(|sample| sample.value).sum()));
        }
        let order = |a: &&Sample, b: &&Sample| {
            let larger = a.value.total_cmp(&b.value);
            if metric.more_is_better() { larger.reverse() } else { larger }
        };
        let worst = samples.max_by(order)?;
        Some(Found { value: worst.value, url: worst.url.clone(), step: self.title_of(worst) })
    }

    /// Whether no document of a sum means that there was nothing to count, rather than that nobody counted.
    fn is_none(&self, metric: Metric, step: Option<&str>) -> bool {
        let ran = step.is_none_or(|title| self.named(title).next().is_some());
        // A journey without any request did not open a page: nothing is known of its requests then.
        let opened = step.is_some()
            || metric == Metric::ConsoleErrors
            || self.samples.iter().any(|sample| sample.metric == Metric::Requests);
        ran && opened && self.counted.contains(&metric)
    }

    /// Everything that was measured: of the journey, then of each step.
    pub(super) fn subjects(&self) -> Vec<Subject<'_>> {
        let mut subjects = Vec::new();
        let titles: BTreeSet<&str> = self.titles().into_iter().collect();
        let scopes = || std::iter::once(None).chain(titles.iter().map(|title| Some(*title)));
        for metric in Metric::ALL.iter().copied() {
            for step in scopes() {
                match metric {
                    Metric::Run if step.is_some() => {}
                    // The worst of all steps is no figure of its own: each step is.
                    Metric::Step if step.is_none() => {}
                    metric if metric.is_named() => {
                        let of = |name| Subject { metric, name: Some(name), step };
                        subjects.extend(self.names(metric).into_iter().map(of));
                    }
                    metric => subjects.push(Subject::of(metric, step)),
                }
            }
        }
        subjects.retain(|subject| self.get(*subject).is_some());
        subjects
    }
}

/// What was not used of any source: each is told at the end of each step and when its page is left, and of all that is
/// told the least counts, as usage accumulates.
fn unused<'a>(samples: impl Iterator<Item = &'a Sample>) -> f64 {
    let mut least: BTreeMap<Option<&str>, f64> = BTreeMap::new();
    for sample in samples {
        let so_far = least.entry(sample.url.as_deref()).or_insert(sample.value);
        *so_far = so_far.min(sample.value);
    }
    least.values().sum()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "figures come out as they were given")]
pub(super) mod tests {
    use super::*;

    pub(crate) fn step(title: &str, ms: u64) -> StepOver {
        StepOver {
            uuid_action: Uuid::now_v7(),
            around: Vec::new(),
            title: title.to_owned(),
            is_suite: false,
            outermost: true,
            duration: Duration::from_millis(ms),
        }
    }

    pub(crate) fn sample(metric: Metric, value: f64, step: Option<&StepOver>) -> Sample {
        let url = Some(format!("http://shop/{value}"));
        Sample { metric, name: None, value, step: step.map(|step| step.uuid_action), url }
    }

    fn subject(metric: Metric, step: Option<&str>) -> Subject<'_> {
        Subject::of(metric, step)
    }

    #[test]
    fn steps_inside_a_step_are_not_counted_twice() {
        let mut inner = step("inner", 80);
        inner.outermost = false;
        assert_eq!(steps_total(&[inner, step("outer", 100)]), Duration::from_millis(100));
    }

    #[test]
    fn of_pages_the_worst_counts_and_of_sums_the_sum() {
        let open = step("open", 1);
        let samples = vec![
            sample(Metric::Lcp, 900.0, Some(&open)),
            sample(Metric::Lcp, 2100.0, Some(&open)),
            sample(Metric::Lcp, 300.0, None),
            sample(Metric::PerformanceScore, 97.0, None),
            sample(Metric::PerformanceScore, 61.0, None),
            sample(Metric::Transfer, 10.0, Some(&open)),
            sample(Metric::Transfer, 32.0, None),
        ];
        let figures = Figures { steps: vec![open], samples, counted: Vec::new() };
        let worst = figures.get(subject(Metric::Lcp, None)).unwrap();
        assert_eq!(
            (worst.value, worst.url.as_deref(), worst.step.as_deref()),
            (2100.0, Some("http://shop/2100"), Some("open"))
        );
        assert_eq!(figures.get(subject(Metric::PerformanceScore, None)).unwrap().value, 61.0);
        assert_eq!(figures.get(subject(Metric::Transfer, None)).unwrap().value, 42.0);
        assert_eq!(figures.get(subject(Metric::Transfer, Some("open"))).unwrap().value, 10.0);
        assert_eq!(figures.get(subject(Metric::Cls, None)), None);
    }

    #[test]
    fn a_step_has_what_the_steps_in_it_measured() {
        let outer = step("pay", 9);
        let mut inner = step("card", 5);
        inner.around = vec![outer.uuid_action];
        inner.outermost = false;
        let other = step("look", 1);
        let samples = vec![
            sample(Metric::Requests, 1.0, Some(&inner)),
            sample(Metric::Requests, 1.0, Some(&outer)),
            sample(Metric::Requests, 1.0, Some(&other)),
        ];
        let figures = Figures { steps: vec![inner, outer, other], samples, counted: Vec::new() };
        for (title, count) in [("pay", 2.0), ("card", 1.0), ("look", 1.0)] {
            assert_eq!(figures.get(subject(Metric::Requests, Some(title))).unwrap().value, count, "{title}");
        }
    }

    #[test]
    fn nothing_counted_is_zero_only_where_somebody_counted() {
        let steps = vec![step("open", 1)];
        let nobody = Figures { steps: steps.clone(), ..Figures::default() };
        assert_eq!(nobody.get(subject(Metric::ConsoleErrors, None)), None);
        let counted = vec![Metric::Requests, Metric::ConsoleErrors, Metric::FailedRequests];
        let mut figures = Figures { steps, samples: Vec::new(), counted };
        assert_eq!(figures.get(subject(Metric::ConsoleErrors, None)).unwrap().value, 0.0);
        assert_eq!(figures.get(subject(Metric::Requests, Some("open"))).unwrap().value, 0.0);
        assert_eq!(figures.get(subject(Metric::Requests, Some("pay"))), None, "that step did not run");
        assert_eq!(figures.get(subject(Metric::FailedRequests, None)), None, "no page was opened");
        figures.samples.push(sample(Metric::Requests, 1.0, None));
        assert_eq!(figures.get(subject(Metric::FailedRequests, None)).unwrap().value, 0.0);
    }

    #[test]
    fn what_is_unused_of_a_source_counts_once() {
        let of = |url: &str, value| Sample { url: Some(url.to_owned()), ..sample(Metric::UnusedJs, value, None) };
        let samples = vec![of("http://shop/a.js", 300.0), of("http://shop/b.js", 50.0), of("http://shop/a.js", 200.0)];
        let figures = Figures { samples, ..Figures::default() };
        assert_eq!(figures.get(subject(Metric::UnusedJs, None)).unwrap().value, 250.0);
    }

    #[test]
    fn marks_are_told_apart_by_name() {
        let mark = |name: &str, value| Sample { name: Some(name.to_owned()), ..sample(Metric::Mark, value, None) };
        let samples = vec![mark("HE-price", 300.0), mark("HE-price", 500.0), mark("HE-basket", 900.0)];
        let figures = Figures { samples, ..Figures::default() };
        let of = |name| Subject { metric: Metric::Mark, name: Some(name), step: None };
        assert_eq!(figures.get(of("HE-price")).unwrap().value, 500.0);
        assert_eq!(figures.get(of("HE-none")), None);
        assert_eq!(figures.subjects(), [of("HE-basket"), of("HE-price")]);
    }
}
