//! `CANARYTRACE_PAUSE`: the run waits for a person, with its browser open.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use super::state::RunState;
use crate::browser::death;
use crate::config::Pause;
use crate::page::Page;
use crate::record::{Event, Failure, StepInfo};

/// How long a page may take to tell its URL.
const URL_LIMIT: Duration = Duration::from_secs(2);

/// How often is looked whether a window is left.
const WINDOWS: Duration = Duration::from_millis(300);

/// Waits after a step, if the options want it: `hard` ended it, `failure` is what it is told to have failed with.
pub(super) async fn after_step(
    run: &RunState,
    page: &Page,
    step: &Arc<StepInfo>,
    hard: Option<&Failure>,
    failure: Option<Failure>,
) {
    let failed_newly = run.lacks_pause(hard);
    let wanted = match run.config.pause {
        None => false,
        Some(Pause::OnFailure) => failed_newly,
        Some(Pause::Step) => true,
    };
    if wanted {
        wait(run, page, Some(step.clone()), failure).await;
    }
}

/// Waits at the end of an attempt that failed outside every step, before its browser goes.
pub(super) async fn after_attempt(run: &RunState, page: &Page, failure: &Failure, hard: Option<&Failure>) {
    if run.config.pause.is_some() && run.lacks_pause(hard) {
        wait(run, page, None, Some(failure.clone())).await;
    }
}

/// Waits for Enter, or until the browser's window is closed. A signal ends whoever waits for this.
async fn wait(run: &RunState, page: &Page, step: Option<Arc<StepInfo>>, failure: Option<Failure>) {
    let _stopped = run.stopwatch.stop();
    let url = tokio::time::timeout(URL_LIMIT, page.url()).await.ok().and_then(Result::ok);
    // Of several runs one after the other waits: there is one keyboard.
    let mut lines = lines().lock().await;
    if io::stdin().is_terminal() {
        // Typed before anyone asked for it.
        while lines.try_recv().is_ok() {}
    }
    run.bus.emit(Event::Paused { run: run.info.clone(), step, failure, url, devtools: run.devtools() });
    let enter = async {
        if lines.recv().await.is_none() {
            // Nobody will press it any more.
            std::future::pending::<()>().await;
        }
    };
    let mut health = page.health();
    tokio::select! {
        () = enter => {}
        _ = death(&mut health) => {}
        () = no_window(page) => {}
    }
}

/// Over when no window is left. Chromium may live on without one.
async fn no_window(page: &Page) {
    loop {
        tokio::time::sleep(WINDOWS).await;
        let Ok(reply) = page.devtools().connection().send(None, "Target.getTargets", json!({})).await else { continue };
        let is_page = |target: &Value| target["type"] == "page";
        if reply["targetInfos"].as_array().is_some_and(|targets| !targets.iter().any(is_page)) {
            return;
        }
    }
}

/// A message for each line of standard input. Read on a thread that nobody waits for: a read can't be called off.
fn lines() -> &'static Mutex<mpsc::UnboundedReceiver<()>> {
    static LINES: OnceLock<Mutex<mpsc::UnboundedReceiver<()>>> = OnceLock::new();
    LINES.get_or_init(|| {
        let (sender, receiver) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            let mut input = io::stdin().lock();
            while io::BufRead::read_until(&mut input, b'\n', &mut line).is_ok_and(|read| read > 0) {
                line.clear();
                if sender.send(()).is_err() {
                    break;
                }
            }
        });
        Mutex::new(receiver)
    })
}
