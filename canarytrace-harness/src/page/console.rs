//! `expect(console()).to_have_no_errors()`: what went wrong in the console of any window, frame or worker.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::element::{Patience, Result};
use super::expect::{Expect, Subject};
use super::page::Page;
use crate::collect::console::{console as document, level_of_call};
use crate::collect::sessions::Sessions;
use crate::devtools::protocol::{Event, Message};
use crate::devtools::{Connection, Injector, Interest, Received, Subscription};
use crate::record::{Console, Failure, FailureKind};

/// Different errors that are remembered between two looks; the same one again only counts.
const MOST: usize = 1000;

/// Of each: the bytes of its text and of its URL.
const LONGEST: usize = 1024;

/// Errors that a failure lists.
const LISTED: usize = 5;

/// How long targets may take to tell what they logged before they were asked; a busy one takes longer.
const SETTLING: Duration = Duration::from_secs(2);

/// The console of the whole browser, for [`Page::expect`]; made by [`console`].
#[derive(Clone, Debug, Default)]
pub struct ConsoleErrors {
    ignored: Vec<String>,
}

/// The console of all windows, frames and workers, for [`Page::expect`].
///
/// ```no_run
/// # use canarytrace::page::{Page, console};
/// # async fn example(page: Page) -> canarytrace::Result {
/// page.expect(console().ignoring("favicon").ignoring("https://ads.example/")).to_have_no_errors().await
/// # }
/// ```
pub fn console() -> ConsoleErrors {
    ConsoleErrors::default()
}

impl ConsoleErrors {
    /// Errors don't count whose text or URL contains this, in lower or upper case.
    #[must_use]
    pub fn ignoring(mut self, part: impl Into<String>) -> Self {
        self.ignored.push(part.into().to_lowercase());
        self
    }

    fn ignores(&self, error: &Seen) -> bool {
        let text = error.text.to_lowercase();
        let url = error.url.to_lowercase();
        self.ignored.iter().any(|part| text.contains(part.as_str()) || url.contains(part.as_str()))
    }
}

impl From<ConsoleErrors> for Subject {
    fn from(errors: ConsoleErrors) -> Self {
        Self::Console(errors)
    }
}

/// An error, and how often it came.
#[derive(Debug)]
struct Seen {
    text: String,
    url: String,
    line: Option<i64>,
    column: Option<i64>,
    /// The tab's copy of what a worker logged.
    is_copy: bool,
    times: u64,
}

impl Seen {
    fn new(console: &Console) -> Self {
        let short = |text: &str| text[..text.floor_char_boundary(LONGEST)].to_owned();
        Self {
            text: short(&console.text),
            url: short(console.url.as_deref().unwrap_or_default()),
            line: console.line,
            column: console.column,
            is_copy: console.event_type == "Log.entryAdded" && console.source.as_deref() == Some("worker"),
            times: 1,
        }
    }

    fn place(&self) -> (&str, Option<i64>) {
        (&self.url, self.line)
    }

    fn in_words(&self) -> String {
        let mut words = self.text.trim().replace('\n', " ");
        if !self.url.is_empty() {
            let mut place = self.url.clone();
            for number in [self.line, self.column].into_iter().flatten() {
                _ = write!(place, ":{number}");
            }
            _ = write!(words, " ({place})");
        }
        if self.times > 1 {
            _ = write!(words, ", {} times", self.times);
        }
        words
    }
}

/// What makes two errors the same.
type Same = (String, String, Option<i64>, Option<i64>, bool);

/// What came since the last look.
#[derive(Debug, Default)]
struct State {
    /// In the order of their first time; `times` of one that was revoked is 0.
    errors: Vec<Seen>,
    known: HashMap<Same, usize>,
    /// Exceptions that may be revoked, by session and id: which error each is.
    exceptions: HashMap<(String, i64), usize>,
    /// Errors beyond [`MOST`].
    not_kept: u64,
    /// Messages that were not received.
    missed: u64,
}

impl State {
    fn take(&mut self, message: &Message<'_>) {
        let is_error = match &message.event {
            Event::ConsoleApiCalled(called) => level_of_call(called.kind.text()) == "error",
            Event::EntryAdded(added) => added.entry.get().is_some_and(|entry| entry.level.text() == "error"),
            Event::ExceptionThrown(_) => true,
            Event::ExceptionRevoked(revoked) => {
                self.revoke(message, revoked.exception_id.integer());
                false
            }
            // What the domain `Console` says, the other two said already.
            _ => false,
        };
        if !is_error {
            return;
        }
        let Some(console) = document(message, &Sessions::default(), None) else { return };
        let error = Seen::new(&console);
        let same = (error.text.clone(), error.url.clone(), error.line, error.column, error.is_copy);
        let index = match self.known.get(&same) {
            Some(index) => {
                self.errors[*index].times += 1;
                *index
            }
            None if self.errors.len() < MOST => {
                self.known.insert(same, self.errors.len());
                self.errors.push(error);
                self.errors.len() - 1
            }
            None => {
                self.not_kept += 1;
                return;
            }
        };
        if let (Some(session), Some(id)) = (&message.session_id, console.exception_id)
            && self.exceptions.len() < MOST
        {
            self.exceptions.insert((session.to_string(), id), index);
        }
    }

    /// A rejection that was handled after all (`Runtime.exceptionRevoked`).
    fn revoke(&mut self, message: &Message<'_>, id: Option<i64>) {
        if let (Some(session), Some(id)) = (&message.session_id, id)
            && let Some(index) = self.exceptions.remove(&(session.to_string(), id))
        {
            let error = &mut self.errors[index];
            error.times = error.times.saturating_sub(1);
        }
    }

    /// The errors that count.
    fn counting(&self, subject: &ConsoleErrors) -> Vec<&Seen> {
        let has_original = |copy: &Seen| {
            self.errors.iter().any(|error| !error.is_copy && error.times > 0 && error.place() == copy.place())
        };
        self.errors
            .iter()
            .filter(|error| error.times > 0 && !subject.ignores(error))
            .filter(|error| !(error.is_copy && has_original(error)))
            .collect()
    }
}

/// Follows the console of one browser.
#[derive(Debug)]
pub(super) struct ConsoleFollower {
    state: Arc<Mutex<State>>,
    /// Puts marks into the follower's queue; `None` when the connection is closed.
    marks: Option<Injector>,
    /// Marks that were made.
    made: Mutex<u64>,
    /// The last mark that the follower came by.
    passed: watch::Receiver<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The values are consistent between statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ConsoleFollower {
    /// Follows from now on, until the connection ends.
    pub(super) fn follow(connection: &Connection) -> Self {
        let methods = &["Runtime.consoleAPICalled", "Runtime.exception", "Log.entryAdded"];
        let events = connection.subscribe_to(Interest { methods, session: None });
        let marks = events.injector();
        let state = Arc::default();
        let (passing, passed) = watch::channel(0);
        tokio::spawn(follow(events, Arc::clone(&state), passing));
        Self { state, marks, made: Mutex::default(), passed }
    }

    /// Waits until what was received so far was read.
    async fn catch_up(&self) {
        let Some(marks) = &self.marks else { return };
        let mark = {
            let mut made = lock(&self.made);
            *made += 1;
            // Under the lock, so that marks are in their order.
            if !marks.inject(None, "Canarytrace.looked", made.to_string()) {
                return;
            }
            *made
        };
        // An error: the follower has ended, with everything read.
        _ = self.passed.clone().wait_for(|passed| *passed >= mark).await;
    }
}

async fn follow(mut events: Subscription, state: Arc<Mutex<State>>, passing: watch::Sender<u64>) {
    while let Some(received) = events.next().await {
        match received {
            Received::Event(event) => match event.message() {
                Ok(message) => lock(&state).take(&message),
                Err(_) => lock(&state).missed += 1,
            },
            Received::Missed(count) => lock(&state).missed += count,
            Received::Injected(mark) => {
                passing.send_replace(mark.text().parse().unwrap_or_default());
            }
        }
    }
}

impl Expect {
    /// Nothing went wrong in the console since the attempt began, or since this was expected last: no exception that
    /// nobody caught, no `console.error` or failed `console.assert`, no error that the browser logs, failed resources
    /// included; in all windows, frames and workers. A rejection that is handled after all counts no more.
    ///
    /// It looks once: what a page logs later counts at the next look. With [`not`](Self::not) it waits for an error.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] with the first errors and their places. [`FailureKind::Harness`] when nobody can tell:
    /// the console is not recorded (`CONSOLE_INTERCEPT=no`), or so much was logged that messages were left out.
    pub async fn to_have_no_errors(self) -> Result {
        let result = self.look_for_errors().await;
        self.settle(result)
    }

    async fn look_for_errors(&self) -> Result {
        let Subject::Console(subject) = &self.subject else {
            let what = self.subject_in_words();
            return Err(Failure::harness(format!("{what} has no errors of its own: expect console()")));
        };
        if !self.page.config().console_intercept {
            return Err(Failure::harness(
                "could not look for errors in the console: it is not recorded (CONSOLE_INTERCEPT=no); set \
                 CONSOLE_INTERCEPT=allow, or leave this expectation out",
            ));
        }
        let patience = Patience::new(&self.page, self.timeout);
        loop {
            tokio::select! {
                failure = self.page.dead() => return Err(failure.context("could not look for errors in the console")),
                () = self.page.settle_console() => {}
            }
            let done = {
                let mut state = lock(&self.page.shared.console.state);
                let verdict = judge(&state, subject, self.negated);
                // Of those that wait for an error, the look that ends the wait is the one that counts.
                if verdict.is_some() {
                    *state = State::default();
                }
                verdict
            };
            match done {
                Some(verdict) => return verdict,
                None if patience.again().await => {}
                None => {
                    return Err(Failure::new(
                        FailureKind::Assertion,
                        format!("expected errors in the console, but there were none; {}", patience.waited()),
                    ));
                }
            }
        }
    }
}

/// What the errors so far mean; `None`: wait for more.
fn judge(state: &State, subject: &ConsoleErrors, negated: bool) -> Option<Result> {
    let errors = state.counting(subject);
    if errors.is_empty() && state.not_kept == 0 {
        return match (state.missed, negated) {
            (0, true) => None,
            (0, false) => Some(Ok(())),
            (missed, _) => Some(Err(Failure::harness(format!(
                "could not look for errors in the console: {missed} of the browser's messages were left out, because too \
                 many waited; nothing is known of them"
            )))),
        };
    }
    if negated {
        return Some(Ok(()));
    }
    let count = errors.iter().map(|error| error.times).sum::<u64>() + state.not_kept;
    let mut message = match count {
        1 => "expected no errors in the console, but there was 1:".to_owned(),
        count => format!("expected no errors in the console, but there were {count}:"),
    };
    for error in errors.iter().take(LISTED) {
        _ = write!(message, "\n  {}", error.in_words());
    }
    let listed: u64 = errors.iter().take(LISTED).map(|error| error.times).sum();
    if listed < count {
        _ = write!(message, "\n  and {} more", count - listed);
    }
    Some(Err(Failure::new(FailureKind::Assertion, message)))
}

impl Page {
    /// Waits until what was logged so far is known.
    async fn settle_console(&self) {
        self.settle(SETTLING).await;
        self.shared.console.catch_up().await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "tests read better without a reference to each literal")]
    fn take(state: &mut State, method: &str, params: serde_json::Value) {
        let text = json!({ "sessionId": "S", "method": method, "params": params }).to_string();
        state.take(&Message::parse(&text).unwrap());
    }

    fn log(state: &mut State, kind: &str, text: &str) {
        let arg = json!({ "type": "string", "value": text });
        let frame = json!({ "url": "http://a/a.js", "lineNumber": 0, "columnNumber": 4 });
        let params = json!({ "type": kind, "args": [arg], "stackTrace": { "callFrames": [frame] } });
        take(state, "Runtime.consoleAPICalled", params);
    }

    fn texts(state: &State, subject: &ConsoleErrors) -> Vec<String> {
        state.counting(subject).iter().map(|error| error.in_words()).collect()
    }

    #[test]
    fn errors_count_and_what_is_ignored_does_not() {
        let mut state = State::default();
        log(&mut state, "log", "fine");
        log(&mut state, "warning", "careful");
        log(&mut state, "error", "broken");
        log(&mut state, "error", "broken");
        log(&mut state, "assert", "unlike");
        let entry = json!({ "level": "error", "source": "network", "text": "404", "url": "http://a/Favicon.ico" });
        take(&mut state, "Log.entryAdded", json!({ "entry": entry }));
        let expected = [
            "broken (http://a/a.js:1:5), 2 times",
            "Assertion failed: unlike (http://a/a.js:1:5)",
            "404 (http://a/Favicon.ico)",
        ];
        assert_eq!(texts(&state, &console()), expected);
        assert_eq!(texts(&state, &console().ignoring("favicon").ignoring("UNLIKE")), expected[..1]);
    }

    #[test]
    fn a_rejection_that_is_handled_later_counts_no_more() {
        let mut state = State::default();
        for id in [1, 2] {
            let details = json!({ "exceptionId": id, "text": "Uncaught (in promise) Error: late" });
            take(&mut state, "Runtime.exceptionThrown", json!({ "exceptionDetails": details }));
        }
        take(&mut state, "Runtime.exceptionRevoked", json!({ "exceptionId": 1 }));
        assert_eq!(texts(&state, &console()), ["Uncaught (in promise) Error: late"]);
        take(&mut state, "Runtime.exceptionRevoked", json!({ "exceptionId": 2 }));
        assert!(texts(&state, &console()).is_empty());
    }

    #[test]
    fn what_a_worker_logs_counts_once() {
        let mut state = State::default();
        let entry = json!({ "level": "error", "source": "worker", "text": "broken [object Object]", "url": "http://a/a.js", "lineNumber": 0 });
        take(&mut state, "Log.entryAdded", json!({ "entry": entry }));
        assert_eq!(texts(&state, &console()).len(), 1);
        log(&mut state, "error", "broken {}");
        assert_eq!(texts(&state, &console()), ["broken {} (http://a/a.js:1:5)"]);
    }

    #[test]
    fn a_flood_of_different_errors_is_counted_and_not_kept() {
        let mut state = State::default();
        for number in 0..MOST + 7 {
            log(&mut state, "error", &format!("broken {number}"));
        }
        assert_eq!((state.errors.len(), state.not_kept), (MOST, 7));
    }
}
