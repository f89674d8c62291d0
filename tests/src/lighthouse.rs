//! Lighthouse for tests: installed once by our own command into the user's cache, outside of `target/`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use canarytrace::config::Config;

use crate::elastic::Unavailable;

/// The cache (`CANARYTRACE_CACHE`) with Lighthouse in it; `tool` is the program `canarytrace`.
///
/// # Errors
/// Why it can't be installed: no Node.js, no npm, no way to its packages.
pub fn installed(tool: &str) -> Result<PathBuf, Unavailable> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let install = || {
        let home = std::env::var("HOME").unwrap_or_default();
        let config = Config::from_parts([("HOME".to_owned(), home)], None).map_err(|error| error.to_string())?;
        let output = Command::new(tool)
            .arg("install-lighthouse")
            .env("CANARYTRACE_CACHE", &config.cache)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(config.cache)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    };
    INSTALLED.get_or_init(install).clone().map_err(|reason| Unavailable::of(&anyhow::anyhow!(reason)))
}
