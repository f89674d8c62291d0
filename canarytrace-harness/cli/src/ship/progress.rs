//! How far sending is: a bar on a terminal, nothing but notices elsewhere.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::say;

/// How far sending is. Clones are the same bar.
#[derive(Clone, Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of so many documents.
    pub(super) fn new(documents: u64) -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(documents), ProgressDrawTarget::stderr());
        // The template is ours and right.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} documents, {per_sec}, {eta} left") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// So many more documents found their end.
    pub(super) fn add(&self, documents: u64) {
        self.0.inc(documents);
    }

    /// Says something above the bar.
    pub(super) fn say(&self, message: &str) {
        self.0.suspend(|| say::notice(message));
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
