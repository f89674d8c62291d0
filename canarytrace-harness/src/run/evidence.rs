//! What is kept of a step beside its documents: screenshots and copies of the DOM.

use super::state::{Evidence, RunState};
use crate::page::Page;
use crate::record::{AttachmentKind, Failure};

/// What the options want kept of a step that ended with `hard`, or without an error of its own: screenshot and DOM,
/// each by its policy, which by default keeps them of steps that failed, softly too.
///
/// A failure on its way out through outer steps gets its files once, and so do soft failures.
pub(super) async fn evidence(page: &Page, run: &RunState, hard: Option<&Failure>) -> Evidence {
    let failed = run.lacks_evidence(hard);
    if hard.is_some() && !failed { Evidence::new() } else { take(page, run, failed).await }
}

/// Whether that has a screenshot.
pub(super) fn takes_screenshot(run: &RunState, hard: Option<&Failure>) -> bool {
    let failed = run.lacks_evidence(hard);
    (hard.is_none() || failed) && run.config.keep_screenshot().keeps_step(run.attempt(), failed)
}

/// What is kept of soft failures that were noted outside every step.
pub(super) async fn evidence_outside_steps(page: &Page, run: &RunState) -> Evidence {
    if run.lacks_evidence(None) { take(page, run, true).await } else { Evidence::new() }
}

async fn take(page: &Page, run: &RunState, failed: bool) -> Evidence {
    let (config, attempt) = (&run.config, run.attempt());
    let page = &page.in_front();
    let mut pictures = Vec::new();
    // Those that an expectation compared are of its failure.
    let exhibits = if failed { page.take_exhibits() } else { Vec::new() };
    if config.keep_screenshot().keeps_step(attempt, failed) {
        pictures.extend(page.evidence_screenshot().await);
        pictures.extend(exhibits);
    }
    let mut evidence: Evidence = pictures.into_iter().map(|png| (AttachmentKind::Screenshot, png)).collect();
    if config.keep_dom().keeps_step(attempt, failed)
        && let Some(dom) = page.dom().await
    {
        evidence.push((AttachmentKind::Dom, run.bus.redactor().html(&dom).into_bytes()));
    }
    evidence
}
