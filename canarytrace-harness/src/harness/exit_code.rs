//! Exit codes of a test target with monitors, and of `canarytrace run`, and what each means. They are public and stay.
//!
//! `cargo test` passes the code on; with `--no-fail-fast` it answers 101 for anything but 0.

/// Every selected monitor passed (a flaky or degraded one counts as passed).
pub const SUCCESS: u8 = 0;

/// The options, the arguments or the registered monitors are wrong; nothing was run.
pub const USAGE: u8 = 2;

/// No monitor is registered, SPEC matches none, smoke mode has no URL, or no run is stored that
/// `CANARYTRACE_LAST_FAILED` could go by; nothing was run.
pub const NO_MONITORS: u8 = 4;

/// At least one monitor failed and the fault is the application's or the network's. The same code as libtest's.
pub const MONITORS_FAILED: u8 = 101;

/// Monitors failed, but only for faults of the browser, of Canarytrace or of its surroundings.
pub const INFRASTRUCTURE_FAILED: u8 = 102;

/// Documents or reports could not be stored anywhere; the monitors themselves may have passed.
pub const REPORTING_FAILED: u8 = 103;

/// Interrupted by SIGINT (128 + 2); what was done until then is stored.
pub const INTERRUPTED: u8 = 130;

/// Interrupted by SIGTERM (128 + 15); what was done until then is stored.
pub const TERMINATED: u8 = 143;

/// Every code with its name and meaning, for the documentation.
pub const ALL: &[(u8, &str, &str)] = &[
    (SUCCESS, "SUCCESS", "every selected monitor passed (flaky and degraded ones included)"),
    (USAGE, "USAGE", "options, arguments or registered monitors are wrong; nothing was run"),
    (
        NO_MONITORS,
        "NO_MONITORS",
        "no monitor is registered, SPEC matches none, smoke mode has no URL, or the last failed ones are wanted and no run \
         is stored",
    ),
    (MONITORS_FAILED, "MONITORS_FAILED", "a monitor failed; the fault is the application's or the network's"),
    (
        INFRASTRUCTURE_FAILED,
        "INFRASTRUCTURE_FAILED",
        "monitors failed only for faults of the browser, of Canarytrace or of its surroundings",
    ),
    (REPORTING_FAILED, "REPORTING_FAILED", "documents or reports could not be stored anywhere"),
    (INTERRUPTED, "INTERRUPTED", "interrupted by SIGINT; what was done until then is stored"),
    (TERMINATED, "TERMINATED", "interrupted by SIGTERM; what was done until then is stored"),
];

/// The git server refused the token or the key, or wants one.
pub const CREDENTIALS_REFUSED: u8 = 110;

/// The git server's host is unknown or does not answer.
pub const GIT_UNREACHABLE: u8 = 111;

/// The git server's host key is not among those that are trusted, or its certificate is not to be trusted.
pub const HOST_NOT_TRUSTED: u8 = 112;

/// The git server's host key is another one than the one that is trusted: somebody may be in between.
pub const HOST_KEY_CHANGED: u8 = 113;

/// There is no such repository, or it can't be cloned for another reason.
pub const CLONE_FAILED: u8 = 114;

/// The repository has no such branch, tag or commit.
pub const UNKNOWN_REVISION: u8 = 115;

/// The repository has no package with monitors.
pub const NO_MONITORS_PACKAGE: u8 = 116;

/// The monitors could not be built; the compiler's message is shown.
pub const BUILD_FAILED: u8 = 117;

/// There is no Rust toolchain to build with.
pub const NO_TOOLCHAIN: u8 = 118;

/// `--no-build` was given and the cache has no build.
pub const NOT_BUILT: u8 = 119;

/// The build cache can't be read or written.
pub const CACHE_FAILED: u8 = 120;

/// The executable with the monitors can't be started.
pub const NOT_EXECUTABLE: u8 = 121;

/// Every code that `canarytrace run` ends with before it has become the monitors, beside `USAGE`, `INTERRUPTED` and
/// `TERMINATED`; afterwards those of [`ALL`].
pub const RUN: &[(u8, &str, &str)] = &[
    (CREDENTIALS_REFUSED, "CREDENTIALS_REFUSED", "the git server refused token or key, or wants one"),
    (GIT_UNREACHABLE, "GIT_UNREACHABLE", "the git server's host is unknown or does not answer"),
    (
        HOST_NOT_TRUSTED,
        "HOST_NOT_TRUSTED",
        "the git server's host key is not among those that are trusted, or its certificate is not to be trusted",
    ),
    (
        HOST_KEY_CHANGED,
        "HOST_KEY_CHANGED",
        "the git server's host key is another one than the one that is trusted: somebody may be in between",
    ),
    (CLONE_FAILED, "CLONE_FAILED", "there is no such repository, or it can't be cloned for another reason"),
    (UNKNOWN_REVISION, "UNKNOWN_REVISION", "the repository has no such branch, tag or commit"),
    (NO_MONITORS_PACKAGE, "NO_MONITORS_PACKAGE", "the repository has no package with monitors"),
    (BUILD_FAILED, "BUILD_FAILED", "the monitors could not be built; the compiler's message is shown"),
    (NO_TOOLCHAIN, "NO_TOOLCHAIN", "there is no Rust toolchain to build with"),
    (NOT_BUILT, "NOT_BUILT", "`--no-build` was given and the cache has no build"),
    (CACHE_FAILED, "CACHE_FAILED", "the build cache can't be read or written"),
    (NOT_EXECUTABLE, "NOT_EXECUTABLE", "the executable with the monitors can't be started"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_means_two_things() {
        let mut codes: Vec<u8> = ALL.iter().chain(RUN).map(|(code, _, _)| *code).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{codes:?}");
    }
}
