//! Pictures, pixel by pixel: read, compared, and their difference drawn.

use std::io::Cursor;

/// How much a region may differ from its screenshot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Share of the pixels that may differ, from 0 to 1.
    pub pixels: f64,
    /// How much each of red, green, blue and opacity of a pixel may differ, from 0 to 255, before the pixel counts.
    pub colour: u8,
}

impl Default for Tolerance {
    /// No pixel may differ by more than 8 of 255: what rounding in the graphics of another machine makes.
    fn default() -> Self {
        Self { pixels: 0.0, colour: 8 }
    }
}

impl Tolerance {
    /// This share of the pixels may differ, from 0 to 1.
    #[must_use]
    pub fn pixels(share: f64) -> Self {
        Self { pixels: share, ..Self::default() }
    }
}

/// A picture with 8 bits of red, green, blue and opacity a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

/// What two pictures have in common.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Comparison {
    /// They have different sizes; nothing else was compared.
    Sizes { is: (u32, u32), wanted: (u32, u32) },
    Pixels {
        differing: usize,
        all: usize,
        /// The first that differs, from the upper left corner.
        first: Option<(u32, u32)>,
    },
}

impl Comparison {
    pub(crate) fn is_within(&self, tolerance: Tolerance) -> bool {
        match self {
            Self::Sizes { .. } => false,
            #[expect(clippy::cast_precision_loss, reason = "pictures have fewer than 2^52 pixels")]
            Self::Pixels { differing, all, .. } => *differing as f64 <= tolerance.pixels * *all as f64,
        }
    }

    /// `12 of 400 pixels (3 %) differ, the first at 10, 4`
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Sizes { is, wanted } => {
                format!("its size is {} x {} pixels and not {} x {}", is.0, is.1, wanted.0, wanted.1)
            }
            Self::Pixels { differing, all, first } => {
                #[expect(clippy::cast_precision_loss, reason = "pictures have fewer than 2^52 pixels")]
                let share = *differing as f64 / *all as f64 * 100.0;
                let at = first.map(|(x, y)| format!(", the first at {x}, {y}")).unwrap_or_default();
                format!("{differing} of {all} pixels ({share:.2} %) differ{at}")
            }
        }
    }
}

impl Picture {
    /// Reads a PNG.
    pub(crate) fn from_png(bytes: &[u8]) -> Result<Self, png::DecodingError> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        // Palettes, grey and 16 bits become 8 bits of red, green and blue.
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info()?;
        let size = reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded)?;
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels)?;
        pixels.truncate(info.buffer_size());
        let rgba = match info.color_type {
            png::ColorType::GrayscaleAlpha => {
                pixels.chunks_exact(2).flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect()
            }
            _ => pixels,
        };
        Ok(Self { width: info.width, height: info.height, rgba })
    }

    pub(crate) fn to_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        // Writing to memory does not fail, and the sizes agree.
        if let Ok(mut writer) = encoder.write_header() {
            _ = writer.write_image_data(&self.rgba);
        }
        bytes
    }

    pub(crate) fn compare(&self, wanted: &Self, tolerance: Tolerance) -> Comparison {
        if (self.width, self.height) != (wanted.width, wanted.height) {
            return Comparison::Sizes { is: (self.width, self.height), wanted: (wanted.width, wanted.height) };
        }
        let mut differing = 0;
        let mut first = None;
        for (index, (is, was)) in (0_u32..).zip(self.rgba.chunks_exact(4).zip(wanted.rgba.chunks_exact(4))) {
            if differs(is, was, tolerance) {
                differing += 1;
                first.get_or_insert((index % self.width, index / self.width));
            }
        }
        Comparison::Pixels { differing, all: self.rgba.len() / 4, first }
    }

    /// This picture, pale, with the pixels in red that differ; of the same size.
    pub(crate) fn difference(&self, wanted: &Self, tolerance: Tolerance) -> Option<Self> {
        if (self.width, self.height) != (wanted.width, wanted.height) {
            return None;
        }
        let pale = |channel: u8| 255 - (255 - channel) / 4;
        let rgba = self
            .rgba
            .chunks_exact(4)
            .zip(wanted.rgba.chunks_exact(4))
            .flat_map(|(is, was)| {
                if differs(is, was, tolerance) {
                    [255, 0, 0, 255]
                } else {
                    [pale(is[0]), pale(is[1]), pale(is[2]), 255]
                }
            })
            .collect();
        Some(Self { width: self.width, height: self.height, rgba })
    }
}

fn differs(is: &[u8], was: &[u8], tolerance: Tolerance) -> bool {
    is.iter().zip(was).any(|(is, was)| is.abs_diff(*was) > tolerance.colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Picture {
        let rgba = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
        Picture { width, height, rgba }
    }

    #[test]
    fn a_picture_survives_png() {
        let striped = picture(7, 3, |x, y| [u8::try_from(x * 30).unwrap(), u8::try_from(y * 100).unwrap(), 9, 255]);
        assert_eq!(Picture::from_png(&striped.to_png()).unwrap(), striped);
    }

    #[test]
    fn pixels_count_when_a_channel_differs_by_more_than_the_tolerance() {
        let white = picture(10, 10, |_, _| [255; 4]);
        let spotted = picture(10, 10, |x, y| match (x, y) {
            (3, 2) => [255, 0, 255, 255],
            (4, 4) => [250, 255, 255, 255],
            _ => [255; 4],
        });
        let comparison = spotted.compare(&white, Tolerance::default());
        assert_eq!(comparison, Comparison::Pixels { differing: 1, all: 100, first: Some((3, 2)) });
        assert_eq!(comparison.in_words(), "1 of 100 pixels (1.00 %) differ, the first at 3, 2");
        assert!(!comparison.is_within(Tolerance::default()));
        assert!(comparison.is_within(Tolerance::pixels(0.01)));
        let strict = Tolerance { colour: 0, ..Tolerance::default() };
        assert_eq!(spotted.compare(&white, strict), Comparison::Pixels { differing: 2, all: 100, first: Some((3, 2)) });
    }

    #[test]
    fn other_sizes_never_match() {
        let comparison = picture(2, 3, |_, _| [0; 4]).compare(&picture(3, 3, |_, _| [0; 4]), Tolerance::pixels(1.0));
        assert!(!comparison.is_within(Tolerance::pixels(1.0)));
        assert_eq!(comparison.in_words(), "its size is 2 x 3 pixels and not 3 x 3");
    }

    #[test]
    fn the_difference_shows_in_red_what_differs() {
        let black = picture(2, 1, |_, _| [0, 0, 0, 255]);
        let half = picture(2, 1, |x, _| if x == 0 { [255; 4] } else { [0, 0, 0, 255] });
        let difference = half.difference(&black, Tolerance::default()).unwrap();
        assert_eq!(difference.rgba[..4], [255, 0, 0, 255]);
        assert_ne!(difference.rgba[4..], [255, 0, 0, 255]);
    }

    #[test]
    fn what_is_no_png_is_an_error() {
        assert!(Picture::from_png(b"GIF89a").is_err());
    }
}
