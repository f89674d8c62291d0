//! Figures over iterations: percentiles, spread, and whether they agree.

use super::figures::{Figures, Subject};
use crate::record::{Agreement, Statistics};

/// Relative median absolute deviations up to which figures are stable, and fair.
const STABLE: f64 = 0.05;
const FAIR: f64 = 0.15;

/// So many values say something of their spread.
const ENOUGH: usize = 5;

/// The percentile `p` (0 to 1) of values in ascending order, interpolated linearly between the two nearest ones: type 7
/// of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996). At least one value.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions among a few hundred values, not below zero"
)]
pub(super) fn percentile(sorted: &[f64], p: f64) -> f64 {
    let position = p * (sorted.len().saturating_sub(1)) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len().saturating_sub(1));
    let (low, high) = (sorted[below], sorted[above]);
    low + (high - low) * (position - below as f64)
}

/// The middle of some values, of at least one.
pub(super) fn median(values: &[f64]) -> f64 {
    percentile(&sorted(values), 0.5)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Which of `n` values in ascending order, from 0, bound an interval that holds the median with a confidence of at least
/// 95 %: the values `k` and `n - 1 - k` with the largest `k` for which 1 - 2 P(B(n, 1/2) <= k) is as much. None below
/// six values.
fn bounds_of_median(n: usize) -> Option<(usize, usize)> {
    let exponent = i32::try_from(n).ok()?;
    // P(B = 0), then each from the one before.
    let mut probability = 0.5_f64.powi(exponent);
    let mut tail = probability;
    let mut found = None;
    for k in 0..n / 2 {
        if 1.0 - 2.0 * tail < 0.95 {
            break;
        }
        found = Some((k, n - 1 - k));
        #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
        let factor = (n - k) as f64 / (k + 1) as f64;
        probability *= factor;
        tail += probability;
    }
    found
}

/// The statistics of some values of a figure, of at least one.
pub(super) fn of(subject: Subject<'_>, values: Vec<f64>) -> Statistics {
    let sorted = sorted(&values);
    let median = percentile(&sorted, 0.5);
    let deviations: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    let mad = self::median(&deviations);
    let same = sorted.first() == sorted.last();
    let spread = if same { Some(0.0) } else { Some(mad / median.abs()).filter(|spread| spread.is_finite()) };
    let verdict = match spread {
        _ if values.len() < ENOUGH => Agreement::TooFew,
        Some(spread) if spread <= STABLE => Agreement::Stable,
        Some(spread) if spread <= FAIR => Agreement::Fair,
        _ => Agreement::Noisy,
    };
    let bounds = bounds_of_median(sorted.len());
    Statistics {
        metric: subject.metric,
        name: subject.name.map(str::to_owned),
        step: subject.step.map(str::to_owned),
        unit: subject.metric.unit().as_str(),
        n: values.len() as u64,
        median,
        p75: percentile(&sorted, 0.75),
        p95: percentile(&sorted, 0.95),
        min: percentile(&sorted, 0.0),
        max: percentile(&sorted, 1.0),
        mad,
        spread,
        median_low: bounds.map(|(low, _)| sorted[low]),
        median_high: bounds.map(|(_, high)| sorted[high]),
        verdict,
        values,
    }
}

/// The statistics of everything that was measured in some iteration, in the order of the metrics; the journey's before
/// those of steps.
pub(super) fn all(iterations: &[Figures]) -> Vec<Statistics> {
    let mut subjects: Vec<Subject<'_>> = iterations.iter().flat_map(Figures::subjects).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let values = |subject: Subject<'_>| -> Vec<f64> {
        iterations.iter().filter_map(|figures| figures.get(subject)).map(|found| found.value).collect()
    };
    subjects.into_iter().map(|subject| of(subject, values(subject))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Metric;
    use crate::run::figures::tests::{sample, step};

    fn statistics(values: &[f64]) -> Statistics {
        of(Subject { metric: Metric::Lcp, name: None, step: None }, values.to_vec())
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// Of `numpy.percentile` and Python's `statistics.quantiles(…, method='inclusive')`, which agree.
    #[test]
    fn percentiles_are_those_of_numpy() {
        let values = [15.0, 20.0, 35.0, 40.0, 50.0];
        for (p, value) in [(0.0, 15.0), (0.25, 20.0), (0.4, 29.0), (0.5, 35.0), (0.75, 40.0), (0.95, 48.0), (1.0, 50.0)]
        {
            assert!(near(percentile(&values, p), value), "{p}: {}", percentile(&values, p));
        }
        let values = [3.0, 6.0, 7.0, 8.0, 8.0, 10.0, 13.0, 15.0, 16.0, 20.0];
        for (p, value) in [(0.25, 7.25), (0.5, 9.0), (0.75, 14.5), (0.95, 18.2)] {
            assert!(near(percentile(&values, p), value), "{p}: {}", percentile(&values, p));
        }
        assert!(near(percentile(&[7.0], 0.95), 7.0));
    }

    #[test]
    fn an_outlier_moves_neither_median_nor_spread() {
        let calm = statistics(&[100.0, 102.0, 98.0, 101.0, 99.0, 100.0, 103.0]);
        let outlier = statistics(&[100.0, 102.0, 98.0, 101.0, 99.0, 100.0, 9000.0]);
        assert_eq!((calm.median, calm.mad, calm.verdict), (100.0, 1.0, Agreement::Stable));
        assert_eq!((outlier.median, outlier.mad, outlier.verdict), (100.0, 1.0, Agreement::Stable));
        assert_eq!((outlier.min, outlier.max, outlier.n), (98.0, 9000.0, 7));
    }

    #[test]
    fn the_verdict_follows_the_relative_deviation() {
        assert_eq!(statistics(&[100.0, 100.0, 100.0, 100.0]).verdict, Agreement::TooFew);
        assert_eq!(statistics(&[80.0, 90.0, 100.0, 110.0, 120.0]).verdict, Agreement::Fair);
        assert_eq!(statistics(&[20.0, 60.0, 100.0, 140.0, 180.0]).verdict, Agreement::Noisy);
        let zeros = statistics(&[0.0; 5]);
        assert_eq!((zeros.spread, zeros.verdict), (Some(0.0), Agreement::Stable));
        let mostly = statistics(&[0.0, 0.0, 0.0, 5.0, 9.0]);
        assert_eq!((mostly.spread, mostly.verdict), (None, Agreement::Noisy), "nothing is relative to 0");
    }

    /// Table of the sign test: Conover, "Practical Nonparametric Statistics", and `qbinom` of R.
    #[test]
    fn the_interval_of_the_median_is_that_of_order_statistics() {
        for (n, bounds) in [
            (1, None),
            (5, None),
            (6, Some((0, 5))),
            (8, Some((0, 7))),
            (9, Some((1, 7))),
            (10, Some((1, 8))),
            (15, Some((3, 11))),
            (20, Some((5, 14))),
            (30, Some((9, 20))),
        ] {
            assert_eq!(bounds_of_median(n), bounds, "{n}");
        }
        let ten = statistics(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        assert_eq!((ten.median_low, ten.median_high), (Some(2.0), Some(9.0)));
    }

    #[test]
    fn every_figure_has_its_statistics() {
        let iteration = |lcp| {
            let open = step("open", 100);
            let samples = vec![sample(Metric::Lcp, lcp, Some(&open))];
            Figures { steps: vec![open], samples, counted: Vec::new() }
        };
        let all = all(&[iteration(1.0), iteration(3.0), iteration(2.0)]);
        let found: Vec<_> = all.iter().map(|figure| (figure.subject(), figure.median, figure.values.len())).collect();
        assert_eq!(
            found,
            [
                ("run".to_owned(), 100.0, 3),
                ("step \"open\"".to_owned(), 100.0, 3),
                ("lcp".to_owned(), 2.0, 3),
                ("lcp of the step \"open\"".to_owned(), 2.0, 3),
            ]
        );
        assert_eq!(all[2].values, [1.0, 3.0, 2.0]);
    }
}
