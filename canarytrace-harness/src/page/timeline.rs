//! The performance timelines of all windows, told when somebody asks.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::page::Page;
use crate::devtools::timeline::{FLUSH, WORLD};
use crate::devtools::{CdpError, Session};

/// How long a page that is to be left may take to tell its timeline. One that is busy for longer does not keep a journey
/// waiting.
const LEAVING_LIMIT: Duration = Duration::from_millis(250);

impl Page {
    /// Has every window tell what it has gathered of its timeline, in messages before the reply; `settled` waits for what
    /// the next frame brings. A page that is busy for longer than `limit` tells it later.
    pub(crate) async fn flush_timelines(&self, settled: bool, limit: Duration) {
        if self.shared.attached.domains().timeline.is_none() {
            return;
        }
        let windows = self.shared.windows();
        let asked = windows.iter().filter(|window| window.is_prepared()).map(|window| async {
            match tokio::time::timeout(limit, flush(&window.session, settled, limit)).await {
                Ok(Ok(())) => {}
                // It is just being replaced, and told all before; or it is closed.
                Ok(Err(error)) => tracing::debug!(%error, "a page did not tell its timeline"),
                Err(_) => tracing::debug!(?limit, "a page is too busy to tell its timeline now"),
            }
        });
        join_all(asked).await;
    }
}

impl Page {
    /// Has this window tell what it has gathered, before something of ours has it leave its page: afterwards nobody is
    /// there to be asked.
    pub(super) async fn flush_timeline_before_leaving(&self) {
        if self.shared.attached.domains().timeline.is_some() && self.window.is_prepared() {
            let flushing = flush(&self.window.session, false, LEAVING_LIMIT);
            if !matches!(tokio::time::timeout(LEAVING_LIMIT, flushing).await, Ok(Ok(()))) {
                tracing::debug!(limit = ?LEAVING_LIMIT, "a page that is left did not tell its timeline");
            }
        }
    }
}

async fn flush(session: &Session, settled: bool, limit: Duration) -> Result<(), CdpError> {
    let world = json!({ "frameId": session.target_id(), "worldName": WORLD });
    // The world is there already; this tells its context.
    let reply = session.send_within(limit, "Page.createIsolatedWorld", world).await?;
    let params = json!({
        "expression": format!("globalThis.{FLUSH}?.({settled})"),
        "contextId": reply["executionContextId"],
        "awaitPromise": true,
        "returnByValue": true,
    });
    session.send_within(limit, "Runtime.evaluate", params).await.map(drop)
}
