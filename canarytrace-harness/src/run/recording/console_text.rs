//! The console of an attempt as a text file: what a person would read there, a line each message.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use jiff::Timestamp;

use super::parts::Parts;
use crate::collect::console::was_said_before;
use crate::record::Console;
use crate::run::state::{RunState, rfc3339};

/// Writes the file.
#[derive(Debug)]
pub(super) struct ConsoleText(Parts);

impl ConsoleText {
    pub(super) fn new(run: &Arc<RunState>, name: String) -> io::Result<Self> {
        let mut parts = Parts::new(run, name);
        // Also says that the console was followed, if nothing was written to it.
        writeln!(parts, "# console of {}, attempt {}; times are UTC", run.info.monitor, run.attempt())?;
        Ok(Self(parts))
    }

    /// Writes the line of a message, unless another one says the same.
    pub(super) fn push(&mut self, document: &Console) -> io::Result<()> {
        if was_said_before(document) { Ok(()) } else { writeln!(self.0, "{}", line(document)) }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `2026-01-02T03:04:05.678Z [step] error: text (https://…:12:3)`.
fn line(document: &Console) -> String {
    let at = document.event_timestamp.and_then(|at| Timestamp::from_millisecond(at).ok());
    let mut line = at.map_or_else(|| "-".to_owned(), rfc3339);
    // Writing to a String can't fail.
    let _ = write!(line, " [{}]", one_line(document.context.as_deref().unwrap_or("-")));
    let _ = write!(line, " {}: {}", document.level.as_deref().unwrap_or("info"), one_line(&document.text));
    if let Some(url) = document.url.as_deref().filter(|url| !url.is_empty()) {
        let _ = write!(line, " ({}", one_line(url));
        for place in [document.line, document.column].into_iter().map_while(|place| place) {
            let _ = write!(line, ":{place}");
        }
        line.push(')');
    }
    line
}

/// A page may write what it likes: line ends, and sequences that a terminal obeys.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_message_is_one_line_whatever_it_holds() {
        assert_eq!(one_line("a\nb\r\u{1b}[31mc ü"), r"a\nb\r\u{1b}[31mc ü");
    }
}
