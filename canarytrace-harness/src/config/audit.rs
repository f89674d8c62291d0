//! Options of audits: who audits, how slow the network is made, and which files of an audit are kept.

use std::str::FromStr;

use super::error::did_you_mean;

/// Who audits pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditMode {
    /// Nobody.
    Off,
    /// Lighthouse.
    Lighthouse,
    /// Canarytrace itself, without Node: what it can measure.
    Native,
}

/// How an audit makes network and processor slower, and which screen it has; the names are the original's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditThrottling {
    /// A desktop on a good line: round trips of 40 ms, 10,240 kbit/s.
    DesktopDense4G,
    /// A phone, four times slower than this machine, on slow 4G: 150 ms, 1,638.4 kbit/s.
    MobileSlow4G,
    /// The same phone on 3G: 300 ms, 700 kbit/s.
    MobileRegular3G,
    /// A desktop on the network and the processor as they are.
    None,
}

impl AuditThrottling {
    /// Whether it is a phone that is audited.
    pub fn is_mobile(self) -> bool {
        matches!(self, Self::MobileSlow4G | Self::MobileRegular3G)
    }
}

/// How much Lighthouse tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditLogLevel {
    /// Nothing.
    Silent,
    /// What failed.
    Error,
    /// And what is odd.
    Warn,
    /// And what it does.
    Info,
    /// And everything else.
    Verbose,
}

impl AuditLogLevel {
    /// Lighthouse's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Verbose => "verbose",
        }
    }
}

/// Of which audits a file is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum AuditKeep {
    /// Of none.
    Never,
    /// Of every one.
    Always,
    /// Of those for which at least one of these holds.
    When(Vec<ScoreCondition>),
}

/// A comparison of a score, `total-blocking-time<50`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreCondition {
    /// Id of an audit of Lighthouse, or `performance` for the score of all.
    pub audit: String,
    comparison: Comparison,
    percent: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Longer signs first: `<=` begins as `<` does.
const COMPARISONS: [(&str, Comparison); 4] =
    [("<=", Comparison::AtMost), (">=", Comparison::AtLeast), ("<", Comparison::Below), (">", Comparison::Above)];

/// What is said of a wrong condition.
const ALLOWED: &str = "allowed are no, always, or conditions on scores from 0 to 100 such as \
                       total-blocking-time<50, separated by commas; any of them is enough";

/// The audits of the category performance that have scores, of Lighthouse 12.8.2: one that is misspelt would never hold.
pub const SCORED_AUDITS: &[&str] = &[
    "bf-cache",
    "bootup-time",
    "cache-insight",
    "cls-culprits-insight",
    "cumulative-layout-shift",
    "document-latency-insight",
    "dom-size",
    "dom-size-insight",
    "duplicated-javascript",
    "duplicated-javascript-insight",
    "efficient-animated-content",
    "first-contentful-paint",
    "font-display",
    "font-display-insight",
    "forced-reflow-insight",
    "image-delivery-insight",
    "inp-breakdown-insight",
    "interactive",
    "largest-contentful-paint",
    "layout-shifts",
    "lcp-discovery-insight",
    "lcp-lazy-loaded",
    "legacy-javascript",
    "legacy-javascript-insight",
    "mainthread-work-breakdown",
    "max-potential-fid",
    "modern-http-insight",
    "modern-image-formats",
    "network-dependency-tree-insight",
    "no-document-write",
    "non-composited-animations",
    "offscreen-images",
    "prioritize-lcp-image",
    "redirects",
    "render-blocking-insight",
    "render-blocking-resources",
    "server-response-time",
    "speed-index",
    "third-parties-insight",
    "third-party-facades",
    "third-party-summary",
    "total-blocking-time",
    "total-byte-weight",
    "unminified-css",
    "unminified-javascript",
    "unsized-images",
    "unused-css-rules",
    "unused-javascript",
    "user-timings",
    "uses-http2",
    "uses-long-cache-ttl",
    "uses-optimized-images",
    "uses-passive-event-listeners",
    "uses-rel-preconnect",
    "uses-responsive-images",
    "uses-text-compression",
    "viewport",
    "viewport-insight",
];

/// The score of all audits together.
const CATEGORY: &str = "performance";

impl FromStr for ScoreCondition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (sign, comparison) =
            COMPARISONS.iter().find(|(sign, _)| text.contains(sign)).ok_or_else(|| ALLOWED.to_owned())?;
        let (audit, percent) = text.split_once(sign).ok_or_else(|| ALLOWED.to_owned())?;
        let (audit, percent) = (audit.trim(), percent.trim().trim_end_matches('%').trim_end());
        if audit != CATEGORY && !SCORED_AUDITS.contains(&audit) {
            let known = SCORED_AUDITS.iter().copied().chain([CATEGORY]);
            let advice = did_you_mean(audit, known).map(|meant| format!("; did you mean {meant}?"));
            return Err(format!(
                "{audit:?} is no audit of Lighthouse 12.8.2 that has a score{}; {ALLOWED}",
                advice.unwrap_or_default()
            ));
        }
        let percent: f64 = percent.parse().ok().filter(|score| (0.0..=100.0).contains(score)).ok_or(ALLOWED)?;
        Ok(Self { audit: audit.to_owned(), comparison: *comparison, percent })
    }
}

impl ScoreCondition {
    /// Whether it holds for a score, 0 to 100. Where there is none the audit failed, which is what one wants to look at.
    pub fn holds(&self, score: Option<f64>) -> bool {
        let Some(score) = score else { return true };
        match self.comparison {
            Comparison::Below => score < self.percent,
            Comparison::AtMost => score <= self.percent,
            Comparison::Above => score > self.percent,
            Comparison::AtLeast => score >= self.percent,
        }
    }
}

impl AuditKeep {
    /// Reads conditions, of which there has to be at least one.
    pub(super) fn of_conditions(items: &[String]) -> Result<Self, String> {
        match items {
            [] => Err(ALLOWED.to_owned()),
            items => items.iter().map(|item| item.parse()).collect::<Result<_, _>>().map(Self::When),
        }
    }

    /// Whether there may be anything to keep: what nobody keeps is not made.
    pub fn is_wanted(&self) -> bool {
        *self != Self::Never
    }

    /// Whether the file is kept, by the scores, 0 to 100: of an audit by its id, and of all as `performance`.
    pub fn keeps(&self, score: impl Fn(&str) -> Option<f64>) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::When(conditions) => conditions.iter().any(|condition| condition.holds(score(&condition.audit))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(text: &str) -> Result<AuditKeep, String> {
        AuditKeep::of_conditions(&text.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn conditions_compare_scores_in_percent_and_any_is_enough() {
        let kept = keep("total-blocking-time<50, performance <= 90").unwrap();
        let with = |blocking: f64, all: f64| {
            kept.keeps(|audit| Some(if audit == "total-blocking-time" { blocking } else { all }))
        };
        assert!(with(49.0, 100.0) && with(50.0, 90.0));
        assert!(!with(50.0, 91.0));
        assert!(keep("speed-index >= 30%").unwrap().keeps(|_| Some(30.0)));
        assert!(!keep("speed-index > 30").unwrap().keeps(|_| Some(30.0)));
        assert!(kept.keeps(|_| None), "an audit without a score failed");
        assert!(AuditKeep::Always.keeps(|_| None) && !AuditKeep::Never.keeps(|_| None));
    }

    #[test]
    fn a_wrong_condition_says_what_is_allowed() {
        let error = |text: &str| keep(text).unwrap_err();
        assert!(error("total-blocking-tme<50").contains("did you mean total-blocking-time?"), "{}", error("x<1"));
        for wrong in ["sometimes", "speed-index", "speed-index<", "speed-index<101", "speed-index<-1", "speed-index=5"]
        {
            assert!(error(wrong).contains("total-blocking-time<50, separated by commas"), "{wrong}: {}", error(wrong));
        }
    }
}
