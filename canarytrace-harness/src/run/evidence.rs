//! What is kept of a step beside its documents: screenshots and copies of the DOM.

use super::state::{Evidence, RunState};
use crate::page::Page;
use crate::record::{AttachmentKind, Failure};

/// What the options want kept of a step that ended with `hard`, or without an error of its own: screenshot and DOM when
/// it failed, softly too, and a screenshot in any case with `CAPTURE_EVERY_SCREEN`.
///
/// A failure on its way out through outer steps gets its files once, and so do soft failures.
pub(super) async fn evidence(page: &Page, run: &RunState, hard: Option<&Failure>) -> Evidence {
    if run.lacks_evidence(hard) && run.config.attachments {
        of_failure(page, run).await
    } else if hard.is_none() && run.config.capture_every_screen {
        screenshot(page).await
    } else {
        Evidence::new()
    }
}

/// What is kept of soft failures that were noted outside every step.
pub(super) async fn evidence_outside_steps(page: &Page, run: &RunState) -> Evidence {
    if run.lacks_evidence(None) && run.config.attachments { of_failure(page, run).await } else { Evidence::new() }
}

async fn of_failure(page: &Page, run: &RunState) -> Evidence {
    let page = &page.in_front();
    let mut evidence = screenshot(page).await;
    evidence.extend(page.take_exhibits().into_iter().map(|png| (AttachmentKind::Screenshot, png)));
    if let Some(dom) = page.dom().await {
        evidence.push((AttachmentKind::Dom, run.bus.redactor().html(&dom).into_bytes()));
    }
    evidence
}

async fn screenshot(page: &Page) -> Evidence {
    page.in_front().evidence_screenshot().await.map(|png| (AttachmentKind::Screenshot, png)).into_iter().collect()
}
