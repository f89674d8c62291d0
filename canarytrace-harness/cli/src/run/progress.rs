//! How far it is: a bar on a terminal, plain lines elsewhere. Nothing secret is in either.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use canarytrace::record::Redactor;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::print;

/// Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    redactor: Arc<Redactor>,
}

impl Progress {
    pub(super) fn new(redactor: Redactor) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let bar = if is_terminal {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(style("{spinner} {wide_msg}"));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        } else {
            ProgressBar::hidden()
        };
        Self { bar, is_terminal, redactor: Arc::new(redactor) }
    }

    /// `text` without secrets.
    pub(super) fn masked(&self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// Says something that stays on the screen.
    pub(super) fn say(&self, message: &str) {
        self.line(&format!("canarytrace: {message}"));
    }

    /// Something begins: the bar's text, or a line.
    pub(super) fn begin(&self, what: &str) {
        if self.is_terminal {
            self.bar.set_style(style("{spinner} {wide_msg}"));
            self.bar.set_message(self.masked(what));
        } else {
            self.say(what);
        }
    }

    /// How much of a clone is here; the last call says that all is.
    pub(super) fn transfer(&self, transfer: Transfer) {
        let Transfer { what, done, all, bytes } = transfer;
        if self.is_terminal {
            if self.bar.length() != Some(all) {
                self.bar.set_style(style("{spinner} {msg} {bar:30} {pos}/{len}"));
                self.bar.set_length(all);
            }
            self.bar.set_message(format!("{what}, {}", size(bytes)));
            self.bar.set_position(done);
        } else if done == all {
            self.say(&format!("{all} {what}, {}", size(bytes)));
        }
    }

    /// A line of cargo: what it does is the bar's text, everything else stays on the screen.
    pub(super) fn cargo(&self, line: &str) {
        if self.is_terminal && is_status(line) {
            self.bar.set_message(self.masked(line.trim()));
        } else {
            self.line(line);
        }
    }

    fn line(&self, line: &str) {
        let masked = self.masked(line);
        self.bar.suspend(|| {
            // Nobody reads it any more: what is to be done is done all the same.
            let _ = writeln!(io::stderr(), "{}", print::visible(&masked));
        });
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// How much of a clone is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) what: &'static str,
    pub(super) done: u64,
    pub(super) all: u64,
    pub(super) bytes: u64,
}

/// Whether a line of cargo says what it does: `   Compiling serde v1.0.229`.
pub(super) fn is_status(line: &str) -> bool {
    const VERBS: [&str; 12] = [
        "Blocking", "Compiling", "Checking", "Downloaded", "Downloading", "Executable", "Finished", "Fresh", "Locking",
        "Adding", "Running", "Updating",
    ];
    line.starts_with(' ') && line.split_whitespace().next().is_some_and(|word| VERBS.contains(&word))
}

fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours and right.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_does_is_told_from_what_it_found() {
        assert!(is_status("   Compiling serde v1.0.229"));
        assert!(is_status("    Finished `test` profile [unoptimized] target(s) in 0.10s"));
        for line in ["error[E0308]: mismatched types", " --> src/lib.rs:3:5", "  |", "warning: unused"] {
            assert!(!is_status(line), "{line}");
        }
    }
}
