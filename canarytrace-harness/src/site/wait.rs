//! Times that a request asks for in its query.

use std::time::Duration;

use serde::Deserialize;

/// Longest time that a request may ask for, in ms.
pub(super) const LONGEST_WAIT: u64 = 60_000;

/// `?after=300`, in ms.
#[derive(Debug, Deserialize)]
pub(super) struct Wait {
    /// As it was given; what is no number is as if not given.
    after: Option<String>,
}

impl Wait {
    /// The time that was asked for, at most [`LONGEST_WAIT`]; `usual` ms when none was.
    pub(super) fn after(&self, usual: u64) -> Duration {
        let given = self.after.as_deref().and_then(|given| given.parse().ok());
        Duration::from_millis(given.unwrap_or(usual).min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_bounded_and_has_a_usual_value() {
        let wait = |after: Option<&str>| Wait { after: after.map(str::to_owned) }.after(300).as_millis();
        assert_eq!([wait(None), wait(Some("soon")), wait(Some("-1"))], [300; 3]);
        assert_eq!([wait(Some("0")), wait(Some("20")), wait(Some("99999999"))], [0, 20, 60_000]);
    }
}
