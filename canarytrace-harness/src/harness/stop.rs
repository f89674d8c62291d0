//! An expected reason not to run at all, with its exit code and advice.

/// Why the process stops before it runs anything.
#[derive(Debug)]
pub(crate) struct Stop {
    /// One of [`exit_code`](super::exit_code).
    pub(crate) exit_code: u8,
    /// What is wrong, where, and what to do.
    pub(crate) message: String,
}

impl Stop {
    pub(crate) fn new(exit_code: u8, message: impl Into<String>) -> Self {
        Self { exit_code, message: message.into() }
    }
}
