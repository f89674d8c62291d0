//! Coverage of style sheets: the browser tells only which rules were used, and where they stand.
//!
//! What counts as unused is everything else in the text: rules that fitted no element, and with them comments, blanks,
//! `@import`, `@font-face`, `@keyframes` and the like, which the browser never tells of. So a sheet that consists of them
//! counts as unused, as it does in DevTools and Lighthouse. Of `@media` the condition, with the character behind it,
//! counts as used once a rule within is: Chromium tells of it as of a rule.

use super::ranges::Ranges;

/// A rule that fitted an element (`CSS.RuleUsage`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedRule {
    /// Where its selector begins, in UTF-16 units of the sheet's text.
    pub start: u64,
    /// Where it ends, its last brace included.
    pub end: u64,
}

/// What was used. Rules may stand within others (nesting): a place counts once.
pub fn used_by_rules(rules: &[UsedRule]) -> Ranges {
    Ranges::of(rules.iter().map(|rule| (rule.start, rule.end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_two_rules_cover_counts_once() {
        let rule = |start, end| UsedRule { start, end };
        let used = used_by_rules(&[rule(52, 66), rule(36, 52), rule(0, 13), rule(4, 9), rule(60, 70), rule(9, 3)]);
        assert_eq!(used.iter().collect::<Vec<_>>(), [(0, 13), (36, 70)]);
        // A text that is shorter than the rules say, because it was changed since.
        assert_eq!(used.count(40), 13 + 4);
        assert_eq!(used_by_rules(&[]).count(100), 0);
    }
}
