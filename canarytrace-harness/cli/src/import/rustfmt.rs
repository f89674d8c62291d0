//! The last touch: rustfmt, where there is one.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The code, formatted as rustfmt would in this folder. Without a rustfmt that works it is returned as it is: it is
/// well laid out but for lines that are too long.
pub(super) fn formatted(code: &str, folder: &Path) -> String {
    run(code, folder).unwrap_or_else(|| code.to_owned())
}

fn run(code: &str, folder: &Path) -> Option<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let code = code.to_owned();
    // On a thread of its own, because both pipes may be full.
    let writer = std::thread::spawn(move || input.write_all(code.as_bytes()));
    let output = child.wait_with_output().ok()?;
    let written = writer.join().is_ok_and(|result| result.is_ok());
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && written && !text.is_empty()).then_some(text)
}
