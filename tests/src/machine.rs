//! What a benchmark ran on: profile and load.

use std::path::Path;

use anyhow::{Context, Result};

/// The profile by the folder that cargo built this executable into: `target/release/deps/overhead-…`. The profile
/// `bench` is `release` under another name, and shares its folder.
///
/// # Errors
/// When the executable lies elsewhere.
pub fn profile() -> Result<String> {
    let executable = std::env::current_exe()?;
    let folder = executable.ancestors().nth(2).and_then(Path::file_name).context("cargo puts it into a folder")?;
    Ok(match folder.to_string_lossy().as_ref() {
        "debug" => "dev".to_owned(),
        other => other.to_owned(),
    })
}

/// The machine's load averages: how much else went on.
pub fn load() -> String {
    std::fs::read_to_string("/proc/loadavg")
        .map_or("unknown".to_owned(), |text| text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}
