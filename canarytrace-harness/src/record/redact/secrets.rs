//! Finds the declared secrets, however they are encoded.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use memchr::memmem;
use secrecy::{ExposeSecret, SecretString};

use super::decode::{Layer, View};

/// A shorter secret is masked only where it stands alone.
const SHORTEST: usize = 4;

/// How many layers of encoding are looked below: JSON in JSON in HTML is met in copies of pages.
const DEEPEST: usize = 3;

/// What stands where a text was shortened.
const ELLIPSIS: &[u8] = "…".as_bytes();
/// A shorter beginning of a secret tells nothing of it.
const SHORTEST_PART: usize = 2;
/// Bytes of an escape that may be left of it: `\\u00e`, `&quot`.
const LONGEST_ESCAPE: usize = 6;

/// The declared secrets, ready to be found.
#[derive(Default)]
pub(super) struct Secrets {
    declared: Vec<SecretString>,
    needles: Vec<Needle>,
}

/// Bytes to look for.
struct Needle {
    finder: memmem::Finder<'static>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The secret itself.
    Whole,
    /// The secret itself, but only where no letter or digit stands beside it.
    Alone,
    /// What base64 makes of the secret, less the characters at its ends that neighbours have a part in.
    Base64 {
        /// The character before belongs to the secret in part.
        before: bool,
        /// The character behind belongs to the secret in part.
        behind: bool,
    },
}

impl Secrets {
    pub(super) fn new(declared: impl IntoIterator<Item = SecretString>) -> Self {
        let mut declared: Vec<SecretString> = declared.into_iter().filter(|s| !s.expose_secret().is_empty()).collect();
        declared.sort_by(|a, b| a.expose_secret().cmp(b.expose_secret()));
        declared.dedup_by(|a, b| a.expose_secret() == b.expose_secret());
        let mut needles = Vec::new();
        for secret in &declared {
            let secret = secret.expose_secret();
            let long = secret.chars().count() >= SHORTEST;
            needles.push(Needle::new(secret.as_bytes(), if long { Kind::Whole } else { Kind::Alone }));
            if long {
                needles.extend(base64_needles(secret.as_bytes()));
            }
        }
        Self { declared, needles }
    }

    pub(super) fn declared(&self) -> &[SecretString] {
        &self.declared
    }

    /// Adds where secrets stand in `text`.
    pub(super) fn find(&self, text: &str, spans: &mut Vec<Range<usize>>) {
        if self.needles.is_empty() {
            return;
        }
        let plain = View::of(text);
        self.find_in(&plain, |span| spans.push(span));
        self.find_below(&plain, &[Layer::Percent, Layer::Form, Layer::Html, Layer::Backslash], 1, &mut |span| {
            spans.push(span);
        });
    }

    /// Looks below one more layer of encoding, and below those that stand within it in practice: a URL in a query, JSON
    /// in JSON, JSON in an attribute, HTML in JSON, and any of them within what is one of them already.
    fn find_below(&self, view: &View<'_>, layers: &[Layer], depth: usize, found: &mut dyn FnMut(Range<usize>)) {
        for layer in layers {
            let Some(decoded) = view.decoded(*layer) else { continue };
            self.find_in(&decoded, |span| found(decoded.encoded(span)));
            let inner: &[Layer] = match layer {
                _ if depth == DEEPEST => continue,
                Layer::Percent | Layer::Form => &[Layer::Percent, Layer::Form, Layer::Backslash],
                Layer::Html | Layer::Backslash => &[Layer::Backslash, Layer::Html, Layer::Percent, Layer::Form],
            };
            self.find_below(&decoded, inner, depth + 1, &mut |span| found(decoded.encoded(span)));
        }
    }

    fn find_in(&self, view: &View<'_>, mut found: impl FnMut(Range<usize>)) {
        let bytes = &*view.bytes;
        for needle in &self.needles {
            let length = needle.finder.needle().len();
            let mut from = 0;
            // A secret may overlap itself (abab in ababab), so each search begins one byte further.
            while let Some(at) = bytes.get(from..).and_then(|rest| needle.finder.find(rest)) {
                let start = from + at;
                if let Some(span) = needle.kind.span(bytes, start..start + length) {
                    found(span);
                }
                from = start + 1;
            }
        }
        for cut in memmem::find_iter(bytes, ELLIPSIS) {
            self.find_cut(bytes, cut, &mut found);
        }
    }

    /// A text that was shortened may end in the middle of a secret, or of an escape in it; `cut` is where.
    fn find_cut(&self, bytes: &[u8], cut: usize, found: &mut impl FnMut(Range<usize>)) {
        let begun_escape = |at: &usize| matches!(bytes[*at], b'%' | b'\\' | b'&');
        for end in [cut].into_iter().chain((cut.saturating_sub(LONGEST_ESCAPE)..cut).filter(begun_escape)) {
            for needle in self.needles.iter().filter(|needle| needle.kind != Kind::Alone) {
                let needle = needle.finder.needle();
                let longest = (SHORTEST_PART..needle.len()).rev().find(|part| bytes[..end].ends_with(&needle[..*part]));
                if let Some(part) = longest {
                    found(end - part..cut);
                }
            }
        }
    }
}

impl Needle {
    fn new(bytes: &[u8], kind: Kind) -> Self {
        Self { finder: memmem::Finder::new(bytes).into_owned(), kind }
    }
}

impl Kind {
    /// What to mask for a match.
    fn span(self, bytes: &[u8], found: Range<usize>) -> Option<Range<usize>> {
        let before = found.start.checked_sub(1).and_then(|at| bytes.get(at));
        let behind = bytes.get(found.end);
        let of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
        let of_base64 = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
        };
        match self {
            Self::Alone if of_word(before) || of_word(behind) => None,
            Self::Whole | Self::Alone => Some(found),
            Self::Base64 { before: part_before, behind: part_behind } => {
                let start = found.start - usize::from(part_before && of_base64(before));
                Some(start..found.end + usize::from(part_behind && of_base64(behind)))
            }
        }
    }
}

/// Base64 packs three bytes into four characters, so that what a secret becomes depends on how many bytes stand before
/// it: none, one or two after the last full group.
fn base64_needles(secret: &[u8]) -> Vec<Needle> {
    let mut needles = Vec::new();
    for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        let engine = GeneralPurpose::new(alphabet, NO_PAD);
        for offset in 0..3 {
            let encoded = engine.encode([&[0; 2][..offset], secret].concat());
            // Characters that a byte before has a part in; those that a byte behind may have a part in.
            let first = [0, 2, 3][offset];
            let behind = !(offset + secret.len()).is_multiple_of(3);
            let inner = &encoded.as_bytes()[first..encoded.len() - usize::from(behind)];
            // The characters left out at the ends hold less than one byte of the secret.
            if needles.iter().all(|needle: &Needle| needle.finder.needle() != inner) {
                needles.push(Needle::new(inner, Kind::Base64 { before: offset != 0, behind }));
            }
        }
    }
    needles
}
