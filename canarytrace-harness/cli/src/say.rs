//! What the tool says beside its results: on standard error, and in the form that the options ask for.

use std::io::{self, Write as _};

use canarytrace::config::{LogFormat, log_format_of_environment};
use canarytrace::harness::{EcsLevel, EcsLine};

/// Progress, and what a person should know although nothing is wrong.
pub(crate) fn notice(message: &str) {
    say(EcsLevel::Info, "canarytrace: ", message);
}

/// Something that is not as it should be, and keeps nothing from going on.
pub(crate) fn warning(message: &str) {
    say(EcsLevel::Warn, "warning: ", message);
}

/// Why something could not be done.
pub(crate) fn error(message: &str) {
    say(EcsLevel::Error, "error: ", message);
}

fn say(level: EcsLevel, prefix: &str, message: &str) {
    let mut stderr = io::stderr().lock();
    if log_format_of_environment() == LogFormat::Ecs {
        EcsLine::new(level, message).write(&mut stderr);
    } else {
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(stderr, "{prefix}{message}");
    }
}
