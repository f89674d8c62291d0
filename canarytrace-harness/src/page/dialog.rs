//! Dialogs of a page (alert, confirm, prompt, "leave this page?"): noted, answered, and never waited for in vain.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::page::Page;
use super::shared::Shared;
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// Which function of the page opened a dialog (`Page.DialogType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DialogKind {
    /// `alert()`: a message.
    Alert,
    /// `confirm()`: a question to be answered by yes or no.
    Confirm,
    /// `prompt()`: a question to be answered by a text.
    Prompt,
    /// The question whether the page may be left (`beforeunload`).
    BeforeUnload,
    /// One that this version does not know.
    #[serde(other)]
    Other,
}

impl fmt::Display for DialogKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alert => "alert",
            Self::Confirm => "confirm",
            Self::Prompt => "prompt",
            Self::BeforeUnload => "beforeunload",
            Self::Other => "unknown kind",
        })
    }
}

/// A dialog that the page opened (`Page.javascriptDialogOpening`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Dialog {
    /// Which function of the page opened it.
    #[serde(rename = "type")]
    pub kind: DialogKind,
    /// What it says.
    pub message: String,
    /// What a prompt's field holds at first; empty for other dialogs.
    #[serde(rename = "defaultPrompt", default)]
    pub default_text: String,
    /// The frame that opened it.
    pub url: String,
}

/// What is done with a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// "OK"; a prompt keeps the text that it came with.
    Accept,
    /// "Cancel".
    Dismiss,
    /// "OK" with this text in the field of a prompt.
    Text(String),
}

impl Answer {
    /// "OK" with this text in the field of a prompt.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// The dialogs of one window.
#[derive(Debug, Default)]
pub(super) struct Dialogs {
    state: Mutex<State>,
    open: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Dialog>,
    /// The first one that nobody waited for and that was not told yet.
    unexpected: Option<Dialog>,
    expected: Option<Expected>,
}

#[derive(Debug)]
struct Expected {
    answer: Answer,
    tell: oneshot::Sender<Dialog>,
}

/// Ends the waiting for a dialog, however it ends.
struct Waiting<'a>(&'a Dialogs);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().expected = None;
    }
}

impl Dialogs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a dialog that was just opened and says what to do with it.
    pub(super) fn opened(&self, dialog: Dialog, shared: &Shared) -> Answer {
        let (kind, default_text) = (dialog.kind, dialog.default_text.clone());
        match self.note(dialog, shared) {
            // Without a text the browser would empty the field.
            Answer::Accept if kind == DialogKind::Prompt => Answer::Text(default_text),
            answer => answer,
        }
    }

    fn note(&self, dialog: Dialog, shared: &Shared) -> Answer {
        self.open.send_replace(true);
        let mut state = self.state();
        state.seen.push(dialog.clone());
        if let Some(Expected { answer, tell }) = state.expected.take() {
            // Whoever waited may have given up meanwhile; the dialog was meant for it all the same.
            _ = tell.send(dialog);
            return answer;
        }
        if dialog.kind == DialogKind::BeforeUnload {
            // A monitor that leaves a page means it.
            return Answer::Accept;
        }
        shared.answer().unwrap_or_else(|| {
            state.unexpected.get_or_insert(dialog);
            Answer::Dismiss
        })
    }

    pub(super) fn closed(&self) {
        self.open.send_replace(false);
    }

    /// Waits until no dialog is open.
    pub(super) async fn none_open(&self) {
        // The sender is ours: it can't be gone.
        _ = self.open.subscribe().wait_for(|open| !open).await;
    }

    /// The failure of a dialog that nobody waited for; told once.
    pub(super) fn unexpected(&self) -> Option<Failure> {
        let dialog = self.state().unexpected.take()?;
        Some(Failure::new(
            FailureKind::Assertion,
            format!(
                "the page opened a dialog ({}) that says \"{}\"; it was dismissed; wait_for_dialog or answer_dialogs \
                 says what to do with it",
                dialog.kind, dialog.message
            ),
        ))
    }
}

impl Page {
    /// Does something that opens a dialog, answers the dialog, and returns what it said.
    ///
    /// ```no_run
    /// # use canarytrace::page::{Answer, Page};
    /// # use canarytrace::css;
    /// # async fn example(page: Page) -> canarytrace::Result {
    /// let dialog = page.wait_for_dialog(Answer::Accept, page.find(css("#delete")).click()).await?;
    /// assert_eq!(dialog.message, "Delete the basket?");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The action's own failure; [`FailureKind::Assertion`] when no dialog was opened within `WAIT_FOR_TIMEOUT` after it.
    pub async fn wait_for_dialog<T>(&self, answer: Answer, action: impl Future<Output = Result<T>>) -> Result<Dialog> {
        let what = "wait for a dialog";
        self.ready(what).await?;
        let (tell, mut told) = oneshot::channel();
        let dialogs = &self.window.dialogs;
        dialogs.state().expected = Some(Expected { answer, tell });
        let _waiting = Waiting(dialogs);
        action.await?;
        let limit = self.wait_for_timeout();
        let dialog = tokio::select! {
            biased;
            Ok(dialog) = &mut told => dialog,
            failure = self.end() => return Err(failure.context(format_args!("could not {what}"))),
            () = tokio::time::sleep_until(Instant::now() + limit) => {
                return Err(Failure::new(
                    FailureKind::Assertion,
                    format!("expected the page to open a dialog, but it opened none; waited {limit:?} (WAIT_FOR_TIMEOUT)"),
                ));
            }
        };
        // What the page does after it can be looked at as soon as this returns.
        if tokio::time::timeout(limit, dialogs.none_open()).await.is_err() {
            let text = format!("the dialog \"{}\" did not close within {limit:?} (WAIT_FOR_TIMEOUT)", dialog.message);
            return Err(Failure::new(FailureKind::Timeout, text));
        }
        Ok(dialog)
    }

    /// Answers every dialog from now on, in all windows, until [`fail_on_dialogs`](Self::fail_on_dialogs).
    pub fn answer_dialogs(&self, answer: Answer) {
        self.shared.set_answer(Some(answer));
    }

    /// Dismisses every dialog from now on, and lets the next use of the page fail because of it; so it is from the
    /// beginning. The question whether a page may be left is always answered by yes.
    pub fn fail_on_dialogs(&self) {
        self.shared.set_answer(None);
    }

    /// Every dialog that this window has opened so far, oldest first.
    pub fn dialogs(&self) -> Vec<Dialog> {
        self.window.dialogs.state().seen.clone()
    }

    /// The failure of a dialog that nobody waited for; told once.
    pub(crate) fn unexpected_dialog(&self) -> Option<Failure> {
        self.window.dialogs.unexpected()
    }
}
