//! How often each value of red, green and blue is in a picture: what visual progress compares.

use serde_json::{Value, json};

/// Values of a channel.
const VALUES: usize = 256;

/// Counts of the pixels of one picture, by channel and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram(Box<[[u32; VALUES]; 3]>);

impl Histogram {
    /// Of pixels with three bytes each: red, green, blue.
    pub fn of_rgb(pixels: &[u8]) -> Self {
        let mut counts = Box::new([[0; VALUES]; 3]);
        for pixel in pixels.chunks_exact(3) {
            for (channel, value) in counts.iter_mut().zip(pixel) {
                channel[usize::from(*value)] += 1;
            }
        }
        Self(counts)
    }

    /// Of a white picture of the same size: what a window shows before there is a page.
    #[must_use]
    pub fn blank(&self) -> Self {
        let mut counts = Box::new([[0; VALUES]; 3]);
        for (blank, own) in counts.iter_mut().zip(self.0.iter()) {
            blank[VALUES - 1] = own.iter().fold(0_u32, |sum, count| sum.saturating_add(*count));
        }
        Self(counts)
    }

    /// How far a picture is on the way from `first` to `last`, from 0 to 1: of all that changes from the one to the other
    /// in the counts, how much has changed in this one. `None` when nothing changes.
    pub fn progress(&self, first: &Self, last: &Self) -> Option<f64> {
        let (mut wanted, mut there) = (0_u64, 0_u64);
        for channel in 0..3 {
            for value in 0..VALUES {
                let [first, own, last] = [first, self, last].map(|picture| picture.0[channel][value]);
                let change = u64::from(last.abs_diff(first));
                wanted += change;
                there += change.min(u64::from(own.abs_diff(first)));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
        (wanted > 0).then(|| there as f64 / wanted as f64)
    }

    /// Value and count in turn, of those values that are there, for each channel.
    pub fn to_json(&self) -> Value {
        let channel = |counts: &[u32; VALUES]| -> Vec<u32> {
            let present = (0_u32..).zip(counts).filter(|(_, count)| **count > 0);
            present.flat_map(|(value, count)| [value, *count]).collect()
        };
        json!(self.0.iter().map(channel).collect::<Vec<_>>())
    }

    /// What [`to_json`](Self::to_json) gave; `None` for anything else.
    pub fn of_json(json: &Value) -> Option<Self> {
        let channels = json.as_array().filter(|channels| channels.len() == 3)?;
        let mut counts = Box::new([[0; VALUES]; 3]);
        for (counts, channel) in counts.iter_mut().zip(channels) {
            for pair in channel.as_array()?.chunks(2) {
                let [value, count] = pair else { return None };
                let count = u32::try_from(count.as_u64()?).ok()?;
                *counts.get_mut(usize::try_from(value.as_u64()?).ok()?)? = count;
            }
        }
        Some(Self(counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_histogram_is_the_same_after_the_log(pixels in proptest::collection::vec(any::<u8>(), 0..300)) {
            let histogram = Histogram::of_rgb(&pixels);
            prop_assert_eq!(Histogram::of_json(&histogram.to_json()), Some(histogram));
        }

        #[test]
        fn anything_else_is_refused_and_breaks_nothing(values in proptest::collection::vec(-2_i64..300, 0..9)) {
            let json = json!([values, [1], []]);
            prop_assert_eq!(Histogram::of_json(&json), None);
        }
    }

    #[test]
    fn the_first_picture_is_no_progress_and_the_last_is_all_of_it() {
        let (white, black) = (Histogram::of_rgb(&[255; 12]), Histogram::of_rgb(&[0; 12]));
        assert_eq!(black.blank(), white);
        assert_eq!(white.progress(&white, &black), Some(0.0));
        assert_eq!(black.progress(&white, &black), Some(1.0));
        assert_eq!(black.progress(&white, &white), None);
        let half = Histogram::of_rgb(&[255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0]);
        assert_eq!(half.progress(&white, &black), Some(0.5));
    }
}
