//! What the behaviours share.

use std::fmt::Debug;
use std::time::Duration;

use canarytrace::prelude::*;

/// How long is waited for what never comes.
pub(crate) const SOON: Duration = Duration::from_millis(300);

/// Asserts that something failed in this way, and that the message says all of this.
#[track_caller]
pub(crate) fn failed<T: Debug>(result: Result<T>, kind: FailureKind, says: &[&str]) {
    let failure = result.expect_err("it should have failed");
    for part in says {
        assert!(failure.message.contains(part), "{part:?} is missing in: {failure}");
    }
    assert_eq!(failure.kind, kind, "{failure}");
}
