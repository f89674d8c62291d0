//! The performance timelines of all windows, told when somebody asks.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::page::Page;
use crate::devtools::timeline::{FLUSH, WORLD};
use crate::devtools::{CdpError, Session};

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
