//! The versions of browser and driver, which must agree in their first number.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::find::Pair;
use crate::record::{Failure, Fault};

/// `--version` takes milliseconds, and seconds when the disk is cold.
const LIMIT: Duration = Duration::from_secs(20);

/// Reads both versions and makes sure that the driver can drive the browser.
///
/// # Errors
///
/// When one doesn't tell its version, or the major versions differ: chromedriver refuses any other browser than its
/// own major version, in words that don't tell which file is the wrong one.
pub(super) async fn check(pair: &Pair) -> Result<(), Failure> {
    let (browser, driver) =
        tokio::try_join!(version_of(&pair.browser, "the browser"), version_of(&pair.driver, "chromedriver"))?;
    if major(&browser) != major(&driver) {
        return Err(Failure::harness(format!(
            "browser and chromedriver are of different major versions:\n  {} is {browser}\n  {} is {driver}\n\
             install both of the same version, or name a matching pair with CANARYTRACE_BROWSER and \
             CANARYTRACE_CHROMEDRIVER",
            pair.browser.display(),
            pair.driver.display()
        ))
        .blame(Fault::Browser));
    }
    Ok(())
}

/// The first number of a version.
pub(super) fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

async fn version_of(program: &Path, what: &str) -> Result<String, Failure> {
    let failed = |why: String| {
        Failure::harness(format!("{what} {} does not tell its version: {why}", program.display())).blame(Fault::Browser)
    };
    let running = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(LIMIT, running)
        .await
        .map_err(|_| failed(format!("`--version` did not end within {} s", LIMIT.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse(&text).ok_or_else(|| {
        let text = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
        // Chrome for Testing brings none of the libraries that a desktop has.
        let advice = if text.contains("error while loading shared libraries") {
            "; this machine lacks libraries that it needs: as root, `apt-get install chromium` brings all of them"
        } else {
            ""
        };
        failed(format!("`--version` ended with {} and wrote {:?}{advice}", output.status, text.trim()))
    })
}

/// The version in `Chromium 156.0.8078.79 built on Debian` or `ChromeDriver 156.0.8078.79 (…)`.
fn parse(text: &str) -> Option<String> {
    text.split_whitespace()
        .find(|word| word.split('.').count() == 4 && word.split('.').all(|part| part.parse::<u32>().is_ok()))
        .map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_each_product_prints() {
        for (text, version) in [
            ("Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)\n", Some("156.0.8078.79")),
            ("Google Chrome for Testing 140.0.7339.82 \n", Some("140.0.7339.82")),
            ("ChromeDriver 156.0.8078.79 (a21ce95c24-refs/branch-heads/8078@{#1704})", Some("156.0.8078.79")),
            ("Command '/usr/bin/chromium-browser' requires the chromium snap to be installed.", None),
        ] {
            assert_eq!(parse(text).as_deref(), version, "{text}");
        }
    }
}
