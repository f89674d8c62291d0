//! A monitor in a module of a library: a test target that names this crate has it in its registry.

use canarytrace::prelude::*;

/// A visitor looks around.
#[expect(clippy::unused_async, reason = "only its registration is looked at")]
#[monitor(tags = ["library"])]
pub async fn look_around(_browser: &mut Browser) -> Result {
    Ok(())
}
