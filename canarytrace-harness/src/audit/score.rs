//! Scores as Lighthouse gives them: log-normal curves through two points.
//!
//! The curves are those of Lighthouse 12 (`core/audits/metrics/`, `shared/statistics.js`); the weights those of its
//! category *performance* (`core/config/default-config.js`).

/// A curve: half of all pages are slower than `median`, whose score is 50, and nine of ten slower than `p10`, whose score
/// is 90.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Where the score is 90.
    pub p10: f64,
    /// Where the score is 50.
    pub median: f64,
}

/// The erfc of this is one fifth.
const INVERSE_ERFC_ONE_FIFTH: f64 = 0.906_193_802_436_823_2;

/// The largest number below 0.9, and below 0.5: no score of a worse value may reach what is promised for a better one.
const BELOW_PASSING: f64 = 0.9 - f64::EPSILON / 2.0;
const BELOW_AVERAGE: f64 = 0.5 - f64::EPSILON / 4.0;

impl Curve {
    /// The score of a value, 0 to 100, in whole numbers as Lighthouse rounds them.
    pub fn score(self, value: f64) -> f64 {
        (self.fraction(value) * 100.0).round()
    }

    /// 0 to 1.
    fn fraction(self, value: f64) -> f64 {
        if value <= 0.0 {
            return 1.0;
        }
        let x = (value / self.median).ln() * INVERSE_ERFC_ONE_FIFTH / -(self.p10 / self.median).ln();
        let above = (1.0 - erf(x)) / 2.0;
        if value <= self.p10 {
            above.clamp(0.9, 1.0)
        } else if value <= self.median {
            above.clamp(0.5, BELOW_PASSING)
        } else {
            above.clamp(0.0, BELOW_AVERAGE)
        }
    }
}

/// The error function, by formula 7.1.26 of Abramowitz and Stegun, as Lighthouse computes it: a better approximation
/// would give other scores.
fn erf(x: f64) -> f64 {
    const A: [f64; 5] = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let y = A.iter().rev().fold(0.0, |sum, a| t * (a + sum));
    let erf = 1.0 - y * (-x * x).exp();
    if x < 0.0 { -erf } else { erf }
}

/// An audit whose value has a curve.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// Id of the audit.
    pub id: &'static str,
    /// What it counts for in the score of all.
    pub weight: f64,
    mobile: Curve,
    desktop: Curve,
}

impl Scored {
    /// The curve of `mobile` or `desktop`.
    pub fn curve(&self, form_factor: &str) -> Curve {
        if form_factor == "mobile" { self.mobile } else { self.desktop }
    }
}

const fn scored(id: &'static str, weight: f64, mobile: (f64, f64), desktop: (f64, f64)) -> Scored {
    Scored {
        id,
        weight,
        mobile: Curve { p10: mobile.0, median: mobile.1 },
        desktop: Curve { p10: desktop.0, median: desktop.1 },
    }
}

/// The audits whose values have curves.
pub const CURVES: &[Scored] = &[
    scored("first-contentful-paint", 10.0, (1800.0, 3000.0), (934.0, 1600.0)),
    scored("largest-contentful-paint", 25.0, (2500.0, 4000.0), (1200.0, 2400.0)),
    scored("total-blocking-time", 30.0, (200.0, 600.0), (150.0, 350.0)),
    scored("cumulative-layout-shift", 25.0, (0.1, 0.25), (0.1, 0.25)),
    scored("speed-index", 10.0, (3387.0, 5800.0), (1311.0, 2300.0)),
    scored("interactive", 0.0, (3785.0, 7300.0), (2468.0, 4500.0)),
    scored("dom-size", 0.0, (818.0, 1400.0), (818.0, 1400.0)),
    scored("total-byte-weight", 0.0, (2_731_008.0, 4_096_000.0), (2_731_008.0, 4_096_000.0)),
];

/// The score of a value of an audit, 0 to 100; none where the audit has no curve.
pub fn score(id: &str, form_factor: &str, value: f64) -> Option<f64> {
    CURVES.iter().find(|scored| scored.id == id).map(|scored| scored.curve(form_factor).score(value))
}

/// The score of all audits together, 0 to 100: none unless each of those that count has one, as in Lighthouse.
pub fn of_all(score: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let mut counts = CURVES.iter().filter(|scored| scored.weight > 0.0);
    let (sum, weights) = counts.try_fold((0.0, 0.0), |(sum, weights), scored| {
        Some((sum + score(scored.id)? * scored.weight, weights + scored.weight))
    })?;
    Some((sum / weights).round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_through_its_two_points_and_keeps_its_promises_around_them() {
        for scored in CURVES {
            for form_factor in ["mobile", "desktop"] {
                let curve = scored.curve(form_factor);
                assert_eq!((curve.score(curve.p10), curve.score(curve.median)), (90.0, 50.0), "{}", scored.id);
                assert_eq!((curve.score(0.0), curve.score(curve.median * 100.0)), (100.0, 0.0), "{}", scored.id);
                assert!(curve.fraction(curve.p10 * 1.000_001) < 0.9 && curve.fraction(curve.median * 1.000_001) < 0.5);
            }
        }
    }

    #[test]
    fn the_score_of_all_needs_each_that_counts() {
        assert_eq!(of_all(|_| Some(80.0)), Some(80.0));
        assert_eq!(of_all(|id| Some(if id == "total-blocking-time" { 0.0 } else { 100.0 })), Some(70.0));
        assert_eq!(of_all(|id| (id != "speed-index").then_some(100.0)), None);
    }
}
