//! Text that fits a terminal of 80 columns.

use std::borrow::Cow;
use std::io::{self, Write as _};

/// What every terminal shows without breaking lines.
pub(crate) const WIDTH: usize = 80;

/// Writes all of `text` to standard output.
///
/// # Errors
/// When nobody reads it any more (a closed pipe), or it can't be written.
pub(crate) fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// `text` without what would move a terminal's cursor, colour it or turn the direction of writing: such characters are
/// shown as `\u{1b}`. Line ends stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\n' && is_control(c);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// `json` in one line that a terminal shows as it is: what JSON may hold unescaped and a terminal obeys is escaped.
pub(crate) fn json_line(json: &serde_json::Value) -> String {
    let line = json.to_string();
    if !line.contains(is_control) {
        return line;
    }
    // All of them are within texts, and none needs more than four digits.
    let escaped = |c: char| if is_control(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    line.chars().map(escaped).collect()
}

/// Control characters, and those that turn the direction of writing (Unicode, UAX 9).
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `text` in at most `width` characters: of a longer one, the beginning and the end.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let (head, tail) = (kept - kept / 2, kept / 2);
    let end = &characters[characters.len() - tail..];
    characters[..head].iter().chain(&['…']).chain(end).collect()
}

/// `text` in lines of at most [`WIDTH`] characters, each beginning with `indent`; only words that are longer stick out.
pub(crate) fn wrap(text: &str, indent: &str) -> String {
    let mut wrapped = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > WIDTH {
                wrapped.push('\n');
                column = 0;
            }
            if column == 0 {
                wrapped.push_str(indent);
                column = indent.chars().count();
            } else {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += length;
        }
        wrapped.push('\n');
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        assert_eq!(shorten("shop::buy", 9), "shop::buy");
        assert_eq!(shorten("shop::buy_a_lamp", 9), "shop…lamp");
        assert_eq!(shorten("žluťoučký kůň", 6), "žlu…ůň");
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(visible("a\nž"), "a\nž");
        assert_eq!(visible("\x1b[31m\r\u{9b}\u{202e}"), "\\u{1b}[31m\\u{d}\\u{9b}\\u{202e}");
        let json = serde_json::json!({ "a": "\x1b\u{9b}\u{202e}\x7f\n" });
        assert_eq!(json_line(&json), r#"{"a":"\u001b\u009b\u202e\u007f\n"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json_line(&json)).unwrap(), json);
    }

    #[test]
    fn lines_break_between_words_and_never_within_one() {
        let text = wrap(&"word ".repeat(40), "    ");
        assert!(text.lines().all(|line| line.starts_with("    word") && line.len() <= WIDTH), "{text}");
        let url = "x".repeat(100);
        assert_eq!(wrap(&format!("see {url} there"), "  "), format!("  see\n  {url}\n  there\n"));
    }
}
