//! Coverage of scripts: the nested ranges of V8.

use super::ranges::Ranges;

/// A function, or a block of one, and whether it ran (`Profiler.CoverageRange`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRange {
    /// Where it begins, in UTF-16 units of the script's text.
    pub start: u64,
    /// Where it ends; the unit there is no part of it.
    pub end: u64,
    /// Whether it ran at least once.
    pub ran: bool,
}

/// What ran: of each place the innermost range around it counts, and of equal ranges the last one told, which is the inner
/// one. What no range is around did not run.
pub fn used_by_blocks(ranges: &[BlockRange]) -> Ranges {
    let mut sorted: Vec<&BlockRange> = ranges.iter().filter(|range| range.start < range.end).collect();
    // Outer ones before those within. The sort is stable: equal ones keep their order.
    sorted.sort_by(|one, other| one.start.cmp(&other.start).then(other.end.cmp(&one.end)));
    let mut sweep = Sweep::default();
    for range in sorted {
        sweep.advance(range.start);
        sweep.around.push((range.end, range.ran));
    }
    sweep.advance(u64::MAX);
    Ranges::of(sweep.used)
}

/// Goes through a text from its beginning to its end.
#[derive(Default)]
struct Sweep {
    at: u64,
    /// The ranges around this place: where each ends, and whether it ran; the innermost last.
    around: Vec<(u64, bool)>,
    used: Vec<(u64, u64)>,
}

impl Sweep {
    fn advance(&mut self, to: u64) {
        while let Some((end, ran)) = self.around.last().copied() {
            let until = end.min(to);
            if ran && self.at < until {
                self.used.push((self.at, until));
            }
            self.at = self.at.max(until);
            if end > to {
                return;
            }
            self.around.pop();
        }
        self.at = self.at.max(to);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ranges as V8 tells them: each within one before it, or beside it.
    fn nested() -> impl Strategy<Value = (u64, Vec<BlockRange>)> {
        let splits = prop::collection::vec((0_usize..20, 0_u64..60, 0_u64..60, any::<bool>()), 0..30);
        (1_u64..60, any::<bool>(), splits).prop_map(|(total, ran, splits)| {
            let mut ranges = vec![BlockRange { start: 0, end: total, ran }];
            for (parent, one, other, ran) in splits {
                let parent = ranges[parent % ranges.len()];
                let place = |offset: u64| parent.start + offset % (parent.end - parent.start + 1);
                let (start, end) = (place(one).min(place(other)), place(one).max(place(other)));
                let crosses = |range: &BlockRange| {
                    let inside = range.start <= start && end <= range.end;
                    let around = start <= range.start && range.end <= end;
                    !inside && !around && start < range.end && range.start < end
                };
                // One around another must be told before it.
                let comes_late = |range: &BlockRange| {
                    start <= range.start && range.end <= end && (start, end) != (range.start, range.end)
                };
                if start < end && !ranges.iter().any(|range| crosses(range) || comes_late(range)) {
                    ranges.push(BlockRange { start, end, ran });
                }
            }
            (total, ranges)
        })
    }

    proptest! {
        #[test]
        fn the_innermost_range_of_each_character_counts((total, ranges) in nested()) {
            let mut reference = vec![false; usize::try_from(total).unwrap()];
            for (at, used) in (0_u64..).zip(&mut reference) {
                let mut innermost: Option<&BlockRange> = None;
                for range in ranges.iter().filter(|range| range.start <= at && at < range.end) {
                    if innermost.is_none_or(|inner| range.end - range.start <= inner.end - inner.start) {
                        innermost = Some(range);
                    }
                }
                *used = innermost.is_some_and(|range| range.ran);
            }
            let used = used_by_blocks(&ranges);
            for (at, expected) in (0_u64..).zip(reference) {
                let found = used.iter().any(|(start, end)| start <= at && at < end);
                prop_assert_eq!(found, expected, "at {} of {:?}", at, ranges);
            }
            let ends: Vec<(u64, u64)> = used.iter().collect();
            prop_assert!(ends.windows(2).all(|pair| pair[0].1 < pair[1].0), "{:?}", ends);
        }

        #[test]
        fn ranges_that_make_no_sense_do_no_harm(
            ranges in prop::collection::vec((0_u64..50, 0_u64..50, any::<bool>()), 0..20),
        ) {
            let ranges: Vec<BlockRange> =
                ranges.into_iter().map(|(start, end, ran)| BlockRange { start, end, ran }).collect();
            let any_ran = Ranges::of(ranges.iter().filter(|range| range.ran).map(|range| (range.start, range.end)));
            prop_assert!(used_by_blocks(&ranges).count(50) <= any_ran.count(50));
        }
    }

    #[test]
    fn what_ran_in_one_look_stays_used_in_the_next() {
        let look = |ranges: &[(u64, u64, bool)]| {
            used_by_blocks(&ranges.iter().map(|&(start, end, ran)| BlockRange { start, end, ran }).collect::<Vec<_>>())
        };
        // As Chromium 156 told it of `function later(x) { if (x) { … } else { … } }`, called with true and then with false.
        let mut used = look(&[(0, 249, true), (175, 231, true), (211, 229, false)]);
        assert_eq!(used.count(249), 249 - 18);
        used.add(&look(&[(175, 231, true), (199, 211, false)]));
        assert_eq!(used.count(249), 249);
    }
}
