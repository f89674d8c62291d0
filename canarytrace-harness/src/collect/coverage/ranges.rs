//! Sets of places in a text.

/// Places in a text, as ranges that don't touch each other, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// The set of these ranges, whatever their order. Those that end before they begin are none.
    pub fn of(ranges: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut sorted: Vec<(u64, u64)> = ranges.into_iter().filter(|(start, end)| start < end).collect();
        sorted.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(sorted.len());
        for (start, end) in sorted {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        Self(joined)
    }

    /// Adds another set.
    pub fn add(&mut self, other: &Self) {
        if !other.0.is_empty() {
            *self = Self::of(self.0.iter().chain(&other.0).copied());
        }
    }

    /// The ranges, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().copied()
    }

    /// How many places there are, of a text of `total`: what is beyond its end is none.
    pub fn count(&self, total: u64) -> u64 {
        self.iter().map(|(start, end)| end.min(total).saturating_sub(start)).sum()
    }
}
