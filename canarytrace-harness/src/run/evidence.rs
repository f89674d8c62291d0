//! What is kept of a step beside its documents: screenshots and copies of the DOM.

use super::state::{Evidence, RunState};
use crate::page::Page;
use crate::record::{AttachmentKind, Failure};

/// What is to be kept of a step, or of what stands outside of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// It is evidence of a failure.
    failed: bool,
    screenshot: bool,
    dom: bool,
}

impl Wanted {
    /// What the options want kept of a step that ended with `hard`, or without an error of its own: screenshot and DOM,
    /// each by its policy, which by default keeps them of steps that failed, softly too.
    ///
    /// A failure on its way out through outer steps gets its files once, and so do soft failures: the second time that it
    /// is asked for one, nothing is wanted.
    pub(super) fn of_step(run: &RunState, hard: Option<&Failure>) -> Self {
        let failed = run.lacks_evidence(hard);
        if hard.is_some() && !failed { Self::NOTHING } else { Self::by_policy(run, failed) }
    }

    /// What is kept of soft failures that were noted outside every step.
    pub(super) fn outside_steps(run: &RunState) -> Self {
        if run.lacks_evidence(None) { Self::by_policy(run, true) } else { Self::NOTHING }
    }

    const NOTHING: Self = Self { failed: false, screenshot: false, dom: false };

    fn by_policy(run: &RunState, failed: bool) -> Self {
        let (config, attempt) = (&run.config, run.attempt());
        let screenshot = config.keep_screenshot().keeps_step(attempt, failed);
        Self { failed, screenshot, dom: config.keep_dom().keeps_step(attempt, failed) }
    }

    /// Whether the browser has to draw the page for it.
    pub(super) fn has_screenshot(self) -> bool {
        self.screenshot
    }

    /// Takes it of the page in front.
    pub(super) async fn take(self, page: &Page, run: &RunState) -> Evidence {
        let page = &page.in_front();
        let mut pictures = Vec::new();
        // Those that an expectation compared are of its failure.
        let exhibits = if self.failed { page.take_exhibits() } else { Vec::new() };
        if self.screenshot {
            pictures.extend(page.evidence_screenshot().await);
            pictures.extend(exhibits);
        }
        let mut evidence: Evidence = pictures.into_iter().map(|png| (AttachmentKind::Screenshot, png)).collect();
        if self.dom
            && let Some(dom) = page.dom().await
        {
            evidence.push((AttachmentKind::Dom, run.bus.redactor().html(&dom).into_bytes()));
        }
        evidence
    }
}
