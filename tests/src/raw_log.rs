//! Raw logs of runs, read as anybody may read them: zstd, and a message a line.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The logs among these attachments, of [`Finished`](crate::runner::Finished) or [`Running`](crate::runner::Running).
pub fn logs_among(attachments: Vec<PathBuf>) -> Vec<PathBuf> {
    let is_log = |path: &PathBuf| path.to_string_lossy().ends_with("-cdp.ndjson.zst");
    attachments.into_iter().filter(is_log).collect()
}

/// The whole messages of a log, and whether nothing is left behind them.
pub fn messages(path: &Path) -> (Vec<Value>, bool) {
    let file = std::fs::File::open(path).expect("the log can be opened");
    let mut text = Vec::new();
    // What a log that was cut has before the cut is there; the error comes behind it.
    let ended = zstd::Decoder::new(file).expect("there is memory").read_to_end(&mut text).is_ok();
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let lines = text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    (lines.map(message).collect(), ended && whole == text.len())
}

/// A message. Half of a surrogate pair alone is JSON, and the browser sends such, but no text of Rust can hold it: in a
/// message that has one, surrogates become replacement characters.
fn message(line: &[u8]) -> Value {
    let parsed = serde_json::from_slice(line).or_else(|_| {
        let mut line = line.to_vec();
        for at in 0..line.len().saturating_sub(5) {
            if line[at..at + 3].eq_ignore_ascii_case(b"\\ud") && b"89abcdefABCDEF".contains(&line[at + 3]) {
                line[at + 2..at + 6].copy_from_slice(b"fffd");
            }
        }
        serde_json::from_slice(&line)
    });
    parsed.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
}
