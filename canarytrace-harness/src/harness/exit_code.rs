//! Exit codes of a test target with monitors, and what each means. They are public and stay.
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
