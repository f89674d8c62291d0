//! From places in UTF-16, in which the protocol counts, to bytes of UTF-8, in which files are measured.

use super::ranges::Ranges;

/// More changes of width than this are not noted: 16 MB. A text in a language beyond ASCII has a few a word.
const MOST: usize = 1 << 20;

/// How many bytes the characters of a text take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Widths {
    /// Where the width changes: in UTF-16 units, in bytes, and bytes a unit from there on.
    changes: Vec<(u64, u64, u8)>,
    bytes: u64,
}

impl Widths {
    /// Those of a text; `None` when its width changes so often that nobody should keep note of it.
    pub fn of(text: &str) -> Option<Self> {
        if text.is_ascii() {
            return Some(Self { changes: Vec::new(), bytes: text.len() as u64 });
        }
        let mut changes = Vec::new();
        let (mut unit, mut byte, mut width) = (0, 0, 1);
        for character in text.chars() {
            let units = character.len_utf16();
            // Two units and four bytes are two bytes a unit.
            let now = u8::try_from(character.len_utf8() / units).unwrap_or(1);
            if now != width {
                if changes.len() == MOST {
                    return None;
                }
                width = now;
                changes.push((unit, byte, width));
            }
            unit += units as u64;
            byte += character.len_utf8() as u64;
        }
        Some(Self { changes, bytes: byte })
    }

    /// Size of the text, bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where the unit `unit` begins, bytes.
    pub fn byte(&self, unit: u64) -> u64 {
        let after = self.changes.partition_point(|(at, ..)| *at <= unit);
        let byte = match after.checked_sub(1).map(|last| self.changes[last]) {
            Some((at, byte, width)) => byte + (unit - at).saturating_mul(u64::from(width)),
            None => unit,
        };
        byte.min(self.bytes)
    }

    /// How many bytes these places have.
    pub fn count(&self, ranges: &Ranges) -> u64 {
        ranges.iter().map(|(start, end)| self.byte(end) - self.byte(start)).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_place_is_where_a_walk_through_the_text_finds_it(text in "[ab č€😀]{0,40}") {
            let widths = Widths::of(&text).unwrap();
            prop_assert_eq!(widths.bytes(), text.len() as u64);
            let mut unit = 0;
            for (byte, character) in text.char_indices() {
                prop_assert_eq!(widths.byte(unit), byte as u64);
                unit += character.len_utf16() as u64;
            }
            prop_assert_eq!(widths.byte(unit), text.len() as u64);
            prop_assert_eq!(widths.byte(unit + 1000), text.len() as u64);
            prop_assert_eq!(widths.count(&Ranges::of([(0, unit)])), text.len() as u64);
        }
    }

    #[test]
    fn a_text_that_changes_its_width_all_the_time_is_not_kept() {
        assert!(Widths::of(&"ač".repeat(MOST / 2)).is_some());
        assert!(Widths::of(&"ač".repeat(MOST / 2 + 1)).is_none());
        assert_eq!(Widths::of(&"a".repeat(3 * MOST)).map(|widths| widths.bytes()), Some(3 * MOST as u64));
    }
}
