//! Texts of a recording as Rust: whatever they hold, they stay one literal or one comment.

/// A string literal. What the compiler would refuse or a reader not see is escaped.
pub(super) fn string(text: &str) -> String {
    format!("{text:?}")
}

/// Text for a comment: on one line, with nothing invisible in it.
pub(super) fn comment(text: &str) -> String {
    let visible = |character: char| {
        // Quotes and backslashes need no escape outside of a literal.
        let plain = matches!(character, '\'' | '"' | '\\') || character.escape_debug().eq([character]);
        if plain { character } else { ' ' }
    };
    let text: String = text.chars().map(visible).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `longest` characters of a text, on one line.
pub(super) fn short(text: &str, longest: usize) -> String {
    let text = comment(text);
    if text.chars().count() <= longest {
        return text;
    }
    let mut kept: String = text.chars().take(longest - 1).collect();
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_literal_or_hide_in_it_is_escaped() {
        assert_eq!(string("a\"b\\c\nd\re\0"), r#""a\"b\\c\nd\re\0""#);
        // Denied by the compiler: they reverse the text that follows.
        for character in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(string(&character.to_string()), format!("\"\\u{{{:x}}}\"", u32::from(character)));
            assert_eq!(comment(&format!("a{character}b")), "a b");
        }
        assert_eq!(string("žluťoučký 🐦"), "\"žluťoučký 🐦\"");
    }

    #[test]
    fn a_comment_is_one_line() {
        assert_eq!(comment(" a\r\n\tb\u{2028}c\u{85}d  'e' \"f\" \\g "), "a b c d 'e' \"f\" \\g");
        assert_eq!(short("Put a lamp into the basket", 12), "Put a lamp…");
    }
}
