//! What a function under `#[monitor]` may return, and how it is called.

use std::future::Future;

use super::given::{Given, MonitorParameter};
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

/// Makes what the harness keeps out of what the author wrote. `P` and `O` come first so that `#[monitor]` can name them.
pub fn run_monitor<'a, P, O, M, F>(given: &'a mut Given, monitor: M) -> MonitorFuture<'a>
where
    P: MonitorParameter + 'a,
    O: MonitorOutput,
    M: FnOnce(&'a mut P) -> F,
    F: Future<Output = O> + 'a,
{
    let Some(parameter) = P::of(given) else {
        // Jobs give what `KIND` says.
        return Box::pin(async { Err(Failure::harness("the monitor was given something else than it takes")) });
    };
    // Boxed before it is awaited: a future that is moved into another one takes its place twice.
    let monitor = Box::pin(monitor(parameter));
    Box::pin(async move { monitor.await.into_result() })
}
