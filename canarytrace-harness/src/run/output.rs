//! What a function under `#[monitor]` may return, and how it is called.

use std::future::Future;

use super::{MonitorFuture, Result};
use crate::record::Failure;

/// What a monitor returns. A trait and not the type itself, so that the compiler can say it in our words, at the type
/// that its author wrote, and so that any alias will do.
#[diagnostic::on_unimplemented(
    message = "a monitor returns `canarytrace::Result`, not `{Self}`",
    label = "this should be `Result`",
    note = "a monitor is written `async fn name(browser: &mut Browser) -> Result {{ … }}`, where `Result` is \
            `canarytrace::Result`, short for `Result<(), canarytrace::record::Failure>`"
)]
pub trait MonitorOutput: sealed::Sealed {
    /// The verdict.
    fn into_result(self) -> Result;
}

// The message has said it already.
#[diagnostic::do_not_recommend]
impl MonitorOutput for Result<(), Failure> {
    fn into_result(self) -> Result {
        self
    }
}

mod sealed {
    use crate::record::Failure;

    pub trait Sealed {}

    impl Sealed for Result<(), Failure> {}
}

/// Makes what the harness keeps out of what the author wrote. `O` comes first so that `#[monitor]` can name it.
pub fn run_monitor<'a, O, F>(monitor: F) -> MonitorFuture<'a>
where
    O: MonitorOutput,
    F: Future<Output = O> + 'a,
{
    // Boxed before it is awaited: a future that is moved into another one takes its place twice.
    let monitor = Box::pin(monitor);
    Box::pin(async move { monitor.await.into_result() })
}
