//! Audits of pages, in steps of their own.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use url::Url;

use super::browser::Browser;
use super::monitor::Result;
use super::state::{RunState, millis};
use crate::audit::{Audited, Lighthouse, Request, load_and_audit, settable};
use crate::browser::AuditBrowser;
use crate::config::{AuditKeep, AuditMode};
use crate::record::{Audit, Event, Failure, Sample, Truncated};

impl Browser {
    /// Audits a URL, relative to `BASE_URL`, in a step of its own (`PT_AUDIT`): in a fresh browser of the same build and
    /// flags, which has the cookies of this one. Meanwhile this browser stands still, so that its page neither takes part
    /// of the processor nor is changed. The document is stored as `audit`; the score counts for budgets.
    ///
    /// The step's clock and the monitor's timeout stand still, too: an audit has a limit of its own, a minute and
    /// `PT_AUDIT_MAX_WAIT_LOAD`.
    ///
    /// `None` when audits are off (`PT_AUDIT=no`, the default), which a notice says.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) when the audit can't be made: Node.js or Lighthouse
    /// missing, hanging or crashing. [`FailureKind::HttpStatus`](crate::record::FailureKind::HttpStatus) when the page
    /// answers with 400 or above; `Navigation` or `Tls` when it can't be opened.
    pub async fn audit(&mut self, url: &str) -> Result<Option<Audit>> {
        let url = self.page().resolve(url)?;
        match self.run().config.audit {
            AuditMode::Off => {
                self.run().notice(format!("{url} is not audited: PT_AUDIT is no"));
                Ok(None)
            }
            AuditMode::Lighthouse => {
                self.step(format!("audit {url}"), async |browser| by_lighthouse(browser, &url).await.map(Some)).await
            }
            AuditMode::Native => {
                self.step(format!("audit {url}"), async |browser| natively(browser, &url).await.map(Some)).await
            }
        }
    }

    /// Audits the page that is open, as [`audit`](Self::audit) does: its URL is loaded anew, in the other browser.
    ///
    /// # Errors
    /// Those of `audit`, and those of reading the page's URL.
    pub async fn audit_page(&mut self) -> Result<Option<Audit>> {
        let url = self.page().url().await?;
        self.audit(&url).await
    }
}

/// Says in the console and in a document that a URL is not audited.
pub(super) fn skip(run: &RunState, url: &str, reason: &str) {
    let source = match run.config.audit {
        AuditMode::Off => return,
        AuditMode::Lighthouse => crate::audit::LIGHTHOUSE,
        AuditMode::Native => crate::audit::native::SOURCE,
    };
    run.notice(format!("the audit of {url} is skipped: {reason}"));
    run.document(None, &Audit::skipped(source, url, reason.to_owned()));
}

async fn by_lighthouse(browser: &Browser, url: &Url) -> Result<Audit> {
    let run = browser.run();
    let config = run.config.clone();
    let started = Instant::now();
    let lighthouse = match Lighthouse::find(&config).await {
        Ok(lighthouse) => lighthouse,
        Err(missing) => {
            // Half the figures are better than none; that the rest is missing still fails the step.
            natively(browser, url).await?;
            return Err(missing);
        }
    };
    let request = |cookies| Request { url, cookies };
    let audited =
        in_second_browser(browser, async |second, cookies| lighthouse.audit(&config, second, request(cookies)).await);
    let Audited { mut audit, left_out, report, trace, told } = audited.await?;
    for line in told {
        run.notice(format!("Lighthouse: {line}"));
    }
    audit.duration = Some(millis(started.elapsed()));
    let files = [(report, &config.audit_report, "lighthouse-report.html"), (trace, &config.audit_trace, "traces.json")];
    let kept: Vec<String> =
        files.into_iter().filter_map(|(text, keep, name)| store_file(run, &audit, keep, name, text?)).collect();
    audit.attachments = Some(kept).filter(|kept| !kept.is_empty());
    store(run, &audit, url, left_out);
    Ok(audit)
}

async fn natively(browser: &Browser, url: &Url) -> Result<Audit> {
    let run = browser.run();
    let started = Instant::now();
    let audited =
        in_second_browser(browser, async |second, cookies| load_and_audit(&run.config, second, url, cookies).await);
    let mut audit = audited.await?;
    audit.duration = Some(millis(started.elapsed()));
    store(run, &audit, url, Vec::new());
    Ok(audit)
}

/// Starts a second browser for `audit` and stops this one meanwhile; no limit but those of `audit` counts.
async fn in_second_browser<T>(
    browser: &Browser,
    audit: impl AsyncFnOnce(&AuditBrowser, Vec<Value>) -> Result<T>,
) -> Result<T> {
    let run = browser.run();
    let _no_limit = run.stopwatch.stop();
    let cookies = cookies(browser).await?;
    let _still = run.stand_still();
    let second = AuditBrowser::start(&run.config, &run.bus.notices()).await?;
    let audited = audit(&second, cookies).await;
    second.end().await;
    audited
}

/// The browser's cookies: without them what is behind a login is not audited, but the login.
async fn cookies(browser: &Browser) -> Result<Vec<Value>> {
    let reply = browser.page().in_front().devtools().send("Network.getAllCookies", json!({})).await;
    let mut reply =
        reply.map_err(|error| Failure::harness(format!("the cookies can't be read for an audit: {error}")))?;
    Ok(match reply["cookies"].take() {
        Value::Array(cookies) => cookies.into_iter().map(settable).collect(),
        _ => Vec::new(),
    })
}

/// Keeps a file of an audit when its option wants that; returns its path within the run's folder.
fn store_file(run: &RunState, audit: &Audit, keep: &AuditKeep, name: &str, text: String) -> Option<String> {
    if !keep.keeps(|id| audit.score(id)) {
        return None;
    }
    let step = run.current_step().map_or(run.info.uuid, |step| step.uuid_action);
    let name = format!("{}-{step}-{name}", run.info.uuid);
    let content: Arc<[u8]> = run.bus.redactor().text(&text).into_bytes().into();
    drop(text);
    // In parts, because a reader of the folder may look while it is written.
    run.bus.emit(Event::AttachmentPart { run: run.info.clone(), name: name.clone(), content });
    run.bus.emit(Event::AttachmentEnded { run: run.info.clone(), name: name.clone(), keep: true });
    Some(format!("attachments/{name}"))
}

fn store(run: &RunState, audit: &Audit, url: &Url, left_out: Vec<Truncated>) {
    let step = run.current_step().map(|step| step.uuid_action);
    run.cut_document(step, audit, left_out);
    let samples = audit.figures().into_iter().map(|(metric, value)| Sample {
        metric,
        name: None,
        value,
        step,
        url: Some(url.to_string()),
    });
    run.measured().note(samples);
}
