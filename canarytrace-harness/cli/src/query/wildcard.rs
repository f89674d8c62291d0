//! Patterns with `*` and `?`, as Lucene's wildcard queries have them.

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Any characters, or none.
    Any,
    /// One character.
    One,
    Plain(char),
}

impl Pattern {
    /// `*` is any text, `?` one character, and `\` makes the next character plain.
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            parts.push(match character {
                '*' => Part::Any,
                '?' => Part::One,
                // One at the very end is itself, as Lucene has it.
                '\\' => Part::Plain(characters.next().unwrap_or('\\')),
                other => Part::Plain(other),
            });
        }
        Self(parts)
    }

    /// Any text with `text` in it.
    pub(super) fn containing(text: &str) -> Self {
        let plain = text.chars().map(Part::Plain);
        Self([Part::Any].into_iter().chain(plain).chain([Part::Any]).collect())
    }

    /// The pattern for words in lower case.
    pub(super) fn lower(self) -> Self {
        let lower = |part| match part {
            Part::Plain(character) => Part::Plain(super::analyse::lower(character)),
            other => other,
        };
        Self(self.0.into_iter().map(lower).collect())
    }

    /// The pattern as Elasticsearch takes it.
    pub(super) fn escaped(&self) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Any => text.push('*'),
                Part::One => text.push('?'),
                Part::Plain(character) => {
                    if ['*', '?', '\\'].contains(character) {
                        text.push('\\');
                    }
                    text.push(*character);
                }
            }
        }
        text
    }

    /// Whether all of `text` fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut part, mut place) = (0, 0);
        // After the last `*`: what comes next in the pattern, and where in the text that was tried.
        let mut retry: Option<(usize, usize)> = None;
        while place < text.len() {
            match self.0.get(part) {
                Some(Part::Any) => {
                    part += 1;
                    retry = Some((part, place));
                    continue;
                }
                Some(Part::One) => (),
                Some(Part::Plain(character)) if *character == text[place] => (),
                _ => {
                    let Some((after, tried)) = retry else { return false };
                    retry = Some((after, tried + 1));
                    (part, place) = (after, tried + 1);
                    continue;
                }
            }
            part += 1;
            place += 1;
        }
        self.0[part..].iter().all(|part| *part == Part::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_whole_text() {
        for (pattern, text, fits) in [
            ("*css", "https://a/b.css", true),
            ("*css", "https://a/b.css?1", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a?c", "ažc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("**a**", "xax", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_looked_for_in_a_text_is_no_pattern() {
        assert!(Pattern::containing("a*").fits("xa*y") && !Pattern::containing("a*").fits("xaby"));
        assert_eq!(Pattern::containing(r"a*?\").escaped(), r"*a\*\?\\*");
    }
}
