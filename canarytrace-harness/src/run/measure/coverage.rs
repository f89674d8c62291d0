//! Coverage of scripts and style sheets, taken at the end of a step.

use std::time::Duration;

use serde_json::json;

use super::said::Said;
use crate::devtools::CdpError;
use crate::page::{Asker, Page, SourceCoverage};
use crate::run::recording::Marks;

const WHAT: &str = "the coverage of scripts and style sheets";

/// How long a page may take to tell; a page with very large sheets takes some seconds, one that is busy for ever.
const LIMIT: Duration = Duration::from_secs(10);

/// Begins with the windows that are open, if that is not so.
pub(super) async fn start(page: &Page, said: &Said) {
    for window in page.windows_now() {
        tokio::select! {
            _ = window.end() => {}
            begun = tokio::time::timeout(LIMIT, window.follow_coverage()) => match begun {
                Ok(Ok(())) => {}
                Ok(Err(error)) => said.missing(WHAT, &reason(&error)),
                Err(_) => said.missing(WHAT, &busy()),
            },
        }
    }
}

/// Takes what the windows used and marks it.
pub(super) async fn measure(page: &Page, marks: &Marks, said: &Said) {
    for window in page.windows_now() {
        let taken = tokio::select! {
            _ = window.end() => continue,
            taken = tokio::time::timeout(LIMIT, window.coverage(Asker::Step)) => match taken {
                Ok(Ok(taken)) => taken,
                Ok(Err(error)) => {
                    said.missing(WHAT, &reason(&error));
                    continue;
                }
                Err(_) => {
                    said.missing(WHAT, &busy());
                    continue;
                }
            },
        };
        if taken.lost > 0 {
            said.missing("the coverage of a page that was left", "it crashed, or was gone before it could be asked");
        }
        let source = |source: &SourceCoverage| {
            json!({
                "kind": source.kind.name(), "url": source.url, "page": source.page,
                "total": source.total, "used": source.used, "exact": source.is_exact,
            })
        };
        let sources: Vec<_> = taken.sources.iter().map(source).collect();
        let session = window.devtools().id().to_owned();
        marks.mark(Some(session), "Canarytrace.coverage", &json!({ "sources": sources }));
    }
}

fn busy() -> String {
    format!("the page was busy for more than {LIMIT:?}")
}

fn reason(error: &CdpError) -> String {
    match error {
        CdpError::Timeout { .. } => busy(),
        error => error.to_string(),
    }
}
