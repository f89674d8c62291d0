//! Texts of pages are as long as the page likes; documents are not.

use crate::record::Truncated;

/// URLs, headers, bodies of requests, bytes.
pub(super) const LONG: usize = 32 * 1024;

/// Exact values: what is indexed whole and is never long unless somebody tries; bytes.
pub(super) const SHORT: usize = 1024;

/// Cuts texts and notes which were cut.
#[derive(Debug, Default)]
pub(super) struct Cutter(Vec<Truncated>);

impl Cutter {
    /// At most `most` bytes of `text`, whole characters.
    pub(super) fn cut(&mut self, field: &str, text: &str, most: usize) -> String {
        let kept = beginning(text, most);
        self.note(field, text.len(), kept.len());
        kept.to_owned()
    }

    /// [`cut`](Self::cut), of a text that is left out when it is empty.
    pub(super) fn cut_some(&mut self, field: &str, text: &str, most: usize) -> Option<String> {
        (!text.is_empty()).then(|| self.cut(field, text, most))
    }

    /// Notes that `kept` of `bytes` bytes were kept.
    pub(super) fn note(&mut self, field: &str, bytes: usize, kept: usize) {
        if kept < bytes {
            self.0.push(Truncated { field: field.to_owned(), bytes: bytes as u64 });
        }
    }

    /// What was cut; `None` when nothing was.
    pub(super) fn into_truncated(self) -> Option<Vec<Truncated>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// At most `most` bytes of `text`, whole characters.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// A text that is put together and keeps only its beginning, so that its parts may be of any length.
#[derive(Debug)]
pub(super) struct Beginning {
    kept: String,
    most: usize,
    bytes: usize,
}

impl Beginning {
    /// Keeps at most `most` bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { kept: String::new(), most, bytes: 0 }
    }

    /// Adds to the end.
    pub(super) fn push(&mut self, text: &str) {
        if self.bytes == self.kept.len() {
            self.kept.push_str(beginning(text, self.most - self.kept.len()));
        }
        self.bytes += text.len();
    }

    /// The beginning, and how long the whole is, bytes.
    pub(super) fn finish(self) -> (String, usize) {
        (self.kept, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_its_length_is_told() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.cut("a", "äöü", 3), "ä");
        assert_eq!(cutter.cut("b", "abc", 3), "abc");
        assert_eq!(cutter.into_truncated(), Some(vec![Truncated { field: "a".to_owned(), bytes: 6 }]));
    }

    #[test]
    fn nothing_follows_what_was_cut() {
        let mut text = Beginning::new(4);
        for part in ["abc", "äx", "y"] {
            text.push(part);
        }
        assert_eq!(text.finish(), ("abc".to_owned(), 7));
    }
}
