//! What all windows of one browser share.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fantoccini::Client;
use tokio::sync::watch;
use url::Url;

use super::conditions::Conditions;
use super::console::ConsoleFollower;
use super::dialog::Answer;
use super::soft::SoftFailures;
use super::window::Window;
use crate::browser::{Health, Interceptor, Launched, Options};
use crate::config::Config;
use crate::devtools::Connection;
use crate::devtools::attach::{Attached, Domains};
use crate::devtools::timeline::{Timeline, Timelines};

/// One browser, as its pages see it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) connection: Connection,
    /// The browser's websocket, for connections of others.
    #[cfg(feature = "chromiumoxide")]
    pub(super) devtools_url: String,
    pub(super) health: watch::Receiver<Health>,
    pub(super) base_url: Option<Url>,
    pub(super) soft: SoftFailures,
    pub(super) options: Options,
    /// What becomes of requests on their way.
    pub(super) interceptor: Interceptor,
    /// The window that the driver's commands go to; locked while a command runs. Empty when it is not known.
    pub(super) driver_window: tokio::sync::Mutex<String>,
    /// The window that is drawn. Empty when it is not known.
    front: Mutex<String>,
    /// The windows that are open, in the order in which they were opened.
    windows: Mutex<Vec<Arc<Window>>>,
    /// Grows with every window that is opened or closed.
    pub(super) window_changes: watch::Sender<u64>,
    /// What is done with dialogs that nobody waits for; `None`: they are dismissed and fail the monitor.
    answer: Mutex<Option<Answer>>,
    /// Pictures for the evidence of a failure.
    exhibits: Mutex<Vec<Vec<u8>>>,
    /// Told of the session whose window is about to get input.
    on_input: OnInput,
    /// The errors in the console.
    pub(super) console: ConsoleFollower,
    /// The sessions of everything in the browser.
    pub(super) attached: Attached,
    /// The performance timelines of all windows, if they are wanted.
    pub(super) timelines: Option<Timelines>,
    /// What the browser works under.
    pub(super) conditions: Conditions,
    /// Where downloads go; `None` in a pod, where the browser has folders of its own.
    pub(super) folder: Option<PathBuf>,
}

/// Something that is called before a user's input.
#[derive(Default)]
struct OnInput(Mutex<Option<InputHook>>);

type InputHook = Arc<dyn Fn(&str) + Send + Sync>;

impl fmt::Debug for OnInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnInput").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The values are consistent between statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(launched: &Launched, base_url: Option<Url>, soft: SoftFailures, first: Arc<Window>) -> Self {
        let id = first.id().to_owned();
        let connection = launched.devtools.connection();
        let domains = domains(&launched.options.config);
        Self {
            client: launched.client.clone(),
            connection: connection.clone(),
            #[cfg(feature = "chromiumoxide")]
            devtools_url: launched.facts.devtools_url.clone(),
            health: launched.health.clone(),
            base_url,
            soft,
            options: launched.options.clone(),
            interceptor: launched.interceptor.clone(),
            driver_window: tokio::sync::Mutex::new(id.clone()),
            front: Mutex::new(id),
            windows: Mutex::new(vec![first]),
            window_changes: watch::Sender::new(0),
            answer: Mutex::new(None),
            exhibits: Mutex::default(),
            on_input: OnInput::default(),
            console: ConsoleFollower::follow(connection),
            attached: Attached::follow(connection, domains),
            timelines: domains.timeline.map(|timeline| Timelines::follow(connection, timeline)),
            conditions: Conditions::default(),
            folder: launched.folder().map(Path::to_owned),
        }
    }

    /// Calls `hook` with the session of the window before each input from now on.
    pub(super) fn on_input(&self, hook: InputHook) {
        *lock(&self.on_input.0) = Some(hook);
    }

    /// The window of this session is about to get input.
    pub(super) fn before_input(&self, session: &str) {
        let hook = lock(&self.on_input.0).clone();
        if let Some(hook) = hook {
            hook(session);
        }
    }

    pub(super) fn exhibit(&self, png: Vec<u8>) {
        lock(&self.exhibits).push(png);
    }

    pub(super) fn take_exhibits(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *lock(&self.exhibits))
    }

    /// The windows that are open, oldest first.
    pub(super) fn windows(&self) -> Vec<Arc<Window>> {
        lock(&self.windows).clone()
    }

    /// The open window that `fits`.
    pub(super) fn window(&self, fits: impl Fn(&Window) -> bool) -> Option<Arc<Window>> {
        lock(&self.windows).iter().find(|window| fits(window)).cloned()
    }

    pub(super) fn add_window(&self, window: Arc<Window>) {
        lock(&self.windows).push(window);
        self.windows_changed();
    }

    /// Takes a window out of the list; returns it with the number of those that are left.
    pub(super) fn remove_window(&self, id: &str) -> Option<(Arc<Window>, usize)> {
        let removed = {
            let mut windows = lock(&self.windows);
            let index = windows.iter().position(|window| window.id() == id)?;
            (windows.remove(index), windows.len())
        };
        self.windows_changed();
        Some(removed)
    }

    pub(super) fn windows_changed(&self) {
        // Another window is drawn now, whichever.
        lock(&self.front).clear();
        self.window_changes.send_modify(|count| *count += 1);
    }

    /// Whether the window is the one that is drawn.
    pub(super) fn is_in_front(&self, id: &str) -> bool {
        *lock(&self.front) == id
    }

    pub(super) fn set_front(&self, id: &str) {
        id.clone_into(&mut lock(&self.front));
    }

    /// What is done with dialogs that nobody waits for.
    pub(super) fn answer(&self) -> Option<Answer> {
        lock(&self.answer).clone()
    }

    pub(super) fn set_answer(&self, answer: Option<Answer>) {
        *lock(&self.answer) = answer;
    }
}

/// The domains that what is recorded needs.
fn domains(config: &Config) -> Domains {
    Domains {
        network: config.records_network(),
        console: config.console_intercept,
        timeline: match (config.performance_entries, config.vitals) {
            (true, _) => Some(Timeline::Everything),
            (false, true) => Some(Timeline::Vitals),
            (false, false) => None,
        },
        timeline_from_start: config.timeline_from_start,
    }
}
