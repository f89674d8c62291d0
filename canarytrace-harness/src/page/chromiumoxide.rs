//! A page of chromiumoxide for the same tab, for those who want its API beside ours.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use chromiumoxide::Browser;
use chromiumoxide::handler::HandlerConfig;
use futures_util::StreamExt as _;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::page::{POLL, Page};
use crate::record::{Failure, FailureKind};

/// How long chromiumoxide may wait for a reply. When one to a command of its set-up comes later, it *closes the tab*; a
/// tab that waits for a slow server answers late. So this is longer than any run, and we wait for less.
const NEVER: Duration = Duration::from_hours(24);

/// The tab as chromiumoxide sees it, over a connection of its own. Dropping it ends that connection; the tab stays.
///
/// Recording doesn't depend on it: messages that chromiumoxide can't read are missing in its event streams only.
pub struct ChromiumoxidePage {
    page: chromiumoxide::Page,
    /// Its connection lives as long as these.
    _browser: Browser,
    _handler: AbortOnDrop,
}

impl fmt::Debug for ChromiumoxidePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChromiumoxidePage").field(self.page.target_id()).finish()
    }
}

impl Deref for ChromiumoxidePage {
    type Target = chromiumoxide::Page;

    fn deref(&self) -> &chromiumoxide::Page {
        &self.page
    }
}

impl Page {
    /// This tab as a page of chromiumoxide. Needs the feature `chromiumoxide` of the crate `canarytrace-harness`.
    ///
    /// Certificates stay checked (chromiumoxide's own default switches that off for the whole browser). Its commands
    /// are not part of what this API does: they neither wait for elements nor show up in failures.
    ///
    /// # Errors
    /// [`FailureKind::BrowserCrash`] when the browser doesn't let it connect, [`FailureKind::Timeout`] when the tab
    /// doesn't answer within `WAIT_FOR_TIMEOUT`.
    pub async fn chromiumoxide(&self) -> Result<ChromiumoxidePage, Failure> {
        let what = "get a page of chromiumoxide";
        self.ready(what).await?;
        let connecting = async {
            let config =
                HandlerConfig { ignore_https_errors: false, request_timeout: NEVER, ..HandlerConfig::default() };
            let (mut browser, mut handler) = Browser::connect_with_config(&self.shared.devtools_url, config).await?;
            // An item is an error that chromiumoxide has told to whoever waits for it.
            let handler = tokio::spawn(async move { while handler.next().await.is_some() {} });
            let handler = AbortOnDrop(handler.abort_handle());
            browser.fetch_targets().await?;
            Ok::<_, chromiumoxide::error::CdpError>((browser, handler))
        };
        let deadline = Instant::now() + self.wait_for_timeout();
        let getting = async {
            let (browser, handler) = connecting
                .await
                .map_err(|error| Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {error}")))?;
            loop {
                // It is there once chromiumoxide has set it up for itself, which nothing tells.
                if let Ok(page) = browser.get_page(self.window.id().to_owned().into()).await {
                    return Ok(ChromiumoxidePage { page, _browser: browser, _handler: handler });
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::select! {
            failure = self.end() => Err(failure.context(format_args!("could not {what}"))),
            result = getting => result,
            () = tokio::time::sleep_until(deadline) => Err(self.no_reply(what)),
        }
    }
}

/// The task that reads the connection.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
