//! Smoke mode: is a URL there, does it answer well, has it a title, does it finish loading?

use tokio::time::Instant;

use super::audit::skip;
use super::browser::Browser;
use super::monitor::Result;
use crate::config::AuditMode;
use crate::page::{POLL, http_status_failure};
use crate::record::{Failure, FailureKind, SmokeTitle};

/// Nothing of what the URL may answer.
pub(crate) fn nothing_seen(url: &str) -> SmokeTitle {
    SmokeTitle {
        entry_url: url.to_owned(),
        response_url: None,
        title: None,
        response_status: None,
        response_status_text: None,
        load_event_end: None,
    }
}

/// What was seen so far; stored when it is dropped, which a trial that is cut off does too.
struct Seen {
    browser: Browser,
    title: SmokeTitle,
}

impl Drop for Seen {
    fn drop(&mut self) {
        // A page that never finishes loading was answered all the same.
        if self.title.response_status.is_none()
            && let Some(answer) = self.browser.last_answer()
        {
            self.title.response_url = Some(answer.url);
            self.title.response_status = answer.status;
            self.title.response_status_text = Some(answer.status_text).filter(|text| !text.is_empty());
        }
        self.browser.run().document(None, &self.title);
    }
}

/// The body of every smoke trial. Stores a smoke-title document whatever happens.
pub(crate) async fn smoke(browser: &mut Browser, url: &str) -> Result {
    let mut seen = Seen { browser: browser.clone(), title: nothing_seen(url) };
    let visited = visit(browser, url, &mut seen.title).await;
    drop(seen);
    let audited = audit(browser, url).await;
    visited.and(audited)
}

/// Audits the URL in a step of its own, unless there is no page to be audited.
async fn audit(browser: &mut Browser, url: &str) -> Result {
    if browser.run().config.audit == AuditMode::Off {
        return Ok(());
    }
    match browser.last_answer().and_then(|answer| answer.status) {
        Some(status) if status < 400 => browser.audit(url).await.map(drop),
        Some(status) => {
            skip(browser.run(), url, &format!("it answered {status}"));
            Ok(())
        }
        None => {
            skip(browser.run(), url, "it did not answer");
            Ok(())
        }
    }
}

async fn visit(browser: &mut Browser, url: &str, seen: &mut SmokeTitle) -> Result {
    browser
        .step("the page loads", async |page| {
            let navigation = page.navigate(url).await?;
            seen.load_event_end = navigation.load_event_end;
            seen.response_status = navigation.status;
            seen.response_status_text.clone_from(&navigation.status_text);
            // Kept even when the status is bad: what the visitor sees says which page it was.
            seen.title = Some(page.title().await?);
            seen.response_url = Some(page.url().await?);
            match navigation.status {
                Some(status @ 400..) => {
                    Err(http_status_failure(&navigation.url, status, navigation.status_text.as_deref()))
                }
                _ => Ok(()),
            }
        })
        .await?;
    browser
        .step("the page has a title", async |page| {
            let deadline = Instant::now() + page.wait_for_timeout();
            loop {
                let title = page.title().await?;
                let empty = title.trim().is_empty();
                seen.title = Some(title);
                if !empty {
                    return Ok(());
                }
                if Instant::now() >= deadline {
                    return Err(Failure::new(
                        FailureKind::Assertion,
                        format!("{url} has no title after {:?} (WAIT_FOR_TIMEOUT)", page.wait_for_timeout()),
                    ));
                }
                tokio::time::sleep(POLL).await;
            }
        })
        .await
}
