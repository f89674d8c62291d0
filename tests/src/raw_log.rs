//! Raw logs of runs, read as anybody may read them: zstd, and a message a line.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::runner::Finished;

/// The logs of all attempts of all runs.
pub fn logs_of(run: &Finished) -> Vec<PathBuf> {
    let is_log = |path: &PathBuf| path.to_string_lossy().ends_with("-cdp.ndjson.zst");
    run.attachments().into_iter().filter(is_log).collect()
}

/// The whole messages of a log, and whether nothing is left behind them.
pub fn messages(path: &Path) -> (Vec<Value>, bool) {
    let file = std::fs::File::open(path).expect("the log can be opened");
    let mut text = Vec::new();
    // What a log that was cut has before the cut is there; the error comes behind it.
    let ended = zstd::Decoder::new(file).expect("there is memory").read_to_end(&mut text).is_ok();
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let lines = text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let messages = lines.map(|line| {
        serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
    });
    (messages.collect(), ended && whole == text.len())
}
