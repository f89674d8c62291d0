//! Cumulative Layout Shift: the largest session window of shifts that no user caused.

use serde_json::Value;

use crate::record::vitals::ClsAttribution;

/// Two shifts so far from each other, or further, are of two windows, ms.
const GAP: f64 = 1000.0;

/// A window is shorter than this, ms.
const LONGEST: f64 = 5000.0;

/// A layout shift.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shift {
    /// When it was, ms.
    pub at: f64,
    /// Its score.
    pub value: f64,
    /// What moved: `node`, `previousRect`, `currentRect`.
    pub sources: Value,
}

/// The largest window of shifts in their order, and its score.
pub fn largest_window(shifts: &[Shift]) -> Option<(&[Shift], f64)> {
    let mut largest: Option<(&[Shift], f64)> = None;
    let (mut from, mut score) = (0, 0.0);
    for (at, shift) in shifts.iter().enumerate() {
        let continues = at > from && shift.at - shifts[at - 1].at < GAP && shift.at - shifts[from].at < LONGEST;
        if continues {
            score += shift.value;
        } else {
            (from, score) = (at, shift.value);
        }
        if largest.is_none_or(|(_, most)| score > most) {
            largest = Some((&shifts[from..=at], score));
        }
    }
    largest
}

/// What shifted in a window; moments count from `start`.
pub(super) fn attribution(window: &[Shift], start: f64) -> Option<ClsAttribution> {
    let (first, last) = (window.first()?, window.last()?);
    // The first of equal ones.
    let largest = window.iter().rev().max_by(|one, other| one.value.total_cmp(&other.value))?;
    let sources = largest.sources.as_array().map(Vec::as_slice).unwrap_or_default();
    // The browser puts that with the largest effect first.
    let target = sources.iter().find_map(|source| source["node"].as_str());
    Some(ClsAttribution {
        window_start: first.at - start,
        window_duration: last.at - first.at,
        shifts: window.len() as u64,
        largest_shift_target: target.map(str::to_owned),
        largest_shift_time: largest.at - start,
        largest_shift_value: largest.value,
        largest_shift_sources: (!sources.is_empty()).then(|| largest.sources.clone()),
    })
}
