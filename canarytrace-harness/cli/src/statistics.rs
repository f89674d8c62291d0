//! Statistics of few and noisy figures: robust, so that one disturbed measurement doesn't decide.

/// The middle one, or the mean of both; NaN of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (_, None) => f64::NAN,
        (0, Some(upper)) => f64::midpoint(sorted[middle - 1], *upper),
        (_, Some(only)) => *only,
    }
}

/// The largest less the smallest; 0 of none.
pub fn spread(values: &[f64]) -> f64 {
    let largest = values.iter().copied().max_by(f64::total_cmp);
    let smallest = values.iter().copied().min_by(f64::total_cmp);
    largest.zip(smallest).map_or(0.0, |(largest, smallest)| largest - smallest)
}

/// Where the middle of paired changes lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The Hodges-Lehmann estimate: the median of the means of all pairs of changes.
    pub estimate: f64,
    /// Lower end of the two-sided interval with a confidence of at least 95 %.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// What the middle is below with a confidence of at least 95 % (one-sided).
    pub below: f64,
}

/// Fewer changes give no interval with 95 %.
pub const FEWEST_PAIRS: usize = 6;

/// The interval of Wilcoxon's signed rank test, with its exact distribution (Hollander, Wolfe and Chicken,
/// "Nonparametric Statistical Methods", section 3.3). `None` of fewer than [`FEWEST_PAIRS`].
pub fn interval(changes: &[f64]) -> Option<Interval> {
    if changes.len() < FEWEST_PAIRS {
        return None;
    }
    let mut means = Vec::with_capacity(changes.len() * (changes.len() + 1) / 2);
    for (number, one) in changes.iter().enumerate() {
        means.extend(changes[number..].iter().map(|other| f64::midpoint(*one, *other)));
    }
    means.sort_by(f64::total_cmp);
    let of_two = left_out(changes.len(), 0.025);
    let of_one = left_out(changes.len(), 0.05);
    let last = means.len() - 1;
    Some(Interval {
        estimate: median(&means),
        low: means[of_two],
        high: means[last - of_two],
        below: means[last - of_one],
    })
}

/// How many of the means of `count` changes lie outside at each end: the largest number for which the signed rank is as
/// small with a probability of at most `alpha`, less one for the end itself.
fn left_out(count: usize, alpha: f64) -> usize {
    // How probable each rank sum is: each rank counts or doesn't.
    let largest = count * (count + 1) / 2;
    let mut probability = vec![0.0; largest + 1];
    probability[0] = 1.0;
    for rank in 1..=count {
        for sum in (0..=largest).rev() {
            let with = sum.checked_sub(rank).map_or(0.0, |rest| probability[rest]);
            probability[sum] = f64::midpoint(probability[sum], with);
        }
    }
    let mut so_far = 0.0;
    let within = probability.iter().take_while(|each| {
        so_far += **each;
        so_far <= alpha
    });
    within.count().saturating_sub(1)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the figures are small whole numbers")]
#[expect(clippy::approx_constant, reason = "a published series of measurements")]
mod tests {
    use super::*;

    #[test]
    fn middle_and_spread_of_few() {
        assert!(median(&[]).is_nan());
        assert_eq!([median(&[3.0]), median(&[9.0, 1.0, 2.0]), median(&[1.0, 2.0, 4.0, 9.0])], [3.0, 2.0, 3.0]);
        assert_eq!([spread(&[]), spread(&[3.0]), spread(&[4.0, -1.0, 2.0])], [0.0, 0.0, 5.0]);
    }

    #[test]
    fn the_interval_is_that_of_the_signed_rank_test() {
        assert_eq!(interval(&[1.0; 5]), None);
        // R: wilcox.test(x, conf.int = TRUE) of the depression data of Hollander and Wolfe: estimate -0.46, interval
        // -0.786 to -0.010.
        let before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
        let after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
        let changes: Vec<f64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
        let found = interval(&changes).unwrap();
        for (value, expected) in [(found.estimate, -0.46), (found.low, -0.786), (found.high, -0.010)] {
            assert!((value - expected).abs() < 1e-9, "{found:?}");
        }
        assert!(found.below <= found.high);
        // The smallest number that has one: all means lie within.
        let found = interval(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!([found.low, found.high, found.estimate], [1.0, 6.0, 3.5]);
    }

    #[test]
    fn one_disturbed_pair_does_not_decide() {
        let calm: Vec<f64> = (0..20).map(|number| 1.0 + f64::from(number % 5) / 10.0).collect();
        let mut disturbed = calm.clone();
        disturbed[7] = 500.0;
        let (calm, disturbed) = (interval(&calm).unwrap(), interval(&disturbed).unwrap());
        assert!((calm.estimate - disturbed.estimate).abs() < 0.1, "{calm:?} {disturbed:?}");
        assert!(disturbed.high < 2.0, "{disturbed:?}");
    }
}
