//! The performance timelines of all windows, told when somebody asks.

use std::time::Duration;

use futures_util::future::join_all;

use super::page::Page;
use crate::devtools::timeline::After;

/// How long a page may take before it is left or used. One that is busy for longer does not keep a journey waiting.
const LIMIT: Duration = Duration::from_millis(250);

impl Page {
    /// Has every window tell what it has gathered of its timeline, in messages before the reply. A page that is busy for longer than `limit` tells it later.
    pub(crate) async fn flush_timelines(&self, after: After, limit: Duration) {
        let Some(timelines) = &self.shared.timelines else { return };
        let windows = self.shared.windows();
        let asked = windows.iter().filter(|window| window.is_prepared()).map(|window| async {
            match tokio::time::timeout(limit, timelines.flush(&window.session, after, limit)).await {
                Ok(Ok(())) => {}
                // It is just being replaced, and told all before; or it is closed.
                Ok(Err(error)) => tracing::debug!(%error, "a page did not tell its timeline"),
                Err(_) => tracing::debug!(?limit, "a page is too busy to tell its timeline now"),
            }
        });
        join_all(asked).await;
    }

    /// Has this window tell what it has gathered, before something of ours has it leave its page: afterwards nobody is
    /// there to be asked.
    pub(super) async fn flush_timeline_before_leaving(&self) {
        if let Some(timelines) = self.shared.timelines.as_ref().filter(|_| self.window.is_prepared()) {
            let after = if timelines.draws(&self.window.session) { After::NextFrame } else { After::Nothing };
            let flushing = timelines.flush(&self.window.session, after, LIMIT);
            if !matches!(tokio::time::timeout(LIMIT, flushing).await, Ok(Ok(()))) {
                tracing::debug!(limit = ?LIMIT, "a page that is left did not tell its timeline");
            }
        }
    }

    /// Has this window observe its page before a user's input or a script of the monitor, of which the browser would not
    /// keep all, and which may have the page be left.
    pub(super) async fn observe_timeline(&self) {
        if let Some(timelines) = self.shared.timelines.as_ref().filter(|it| it.is_waiting(&self.window.session)) {
            let putting = timelines.put(&self.window.session, LIMIT);
            if !matches!(tokio::time::timeout(LIMIT, putting).await, Ok(Ok(()))) {
                tracing::debug!(limit = ?LIMIT, "something is done with a page before its timeline is observed");
            }
        }
    }

    /// Notes that this window was given input.
    pub(super) fn timeline_got_input(&self) {
        if let Some(timelines) = &self.shared.timelines {
            timelines.got_input(&self.window.session);
        }
    }
}
