//! Text that fits a terminal of 80 columns.

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
    fn lines_break_between_words_and_never_within_one() {
        let text = wrap(&"word ".repeat(40), "    ");
        assert!(text.lines().all(|line| line.starts_with("    word") && line.len() <= WIDTH), "{text}");
        let url = "x".repeat(100);
        assert_eq!(wrap(&format!("see {url} there"), "  "), format!("  see\n  {url}\n  there\n"));
    }
}
