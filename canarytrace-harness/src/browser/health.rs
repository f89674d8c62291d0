//! Notices within a second that the browser, its driver or a tab died.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Child;
use tokio::sync::{oneshot, watch};
use url::Url;

use super::driver::LastWords;
use super::process::ProcessId;
use crate::devtools::{CdpEvent, Connection, Received, Subscription};
use crate::record::{Failure, FailureKind};

/// Whether the browser of a run can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// As far as we know.
    Alive,
    /// It died, and no later call can succeed.
    Dead(Failure),
}

/// How often is looked for processes whose end nobody tells us.
const INTERVAL: Duration = Duration::from_millis(300);

/// What is watched.
pub(super) struct Watched {
    pub(super) connection: Connection,
    /// Events since before the first tab was attached to.
    pub(super) events: Subscription,
    /// The target of the first tab, whose crash ends the run. That of another one fails those who use it.
    pub(super) first_tab: String,
    /// The browser's process, when it is on this machine.
    pub(super) browser: Option<ProcessId>,
    pub(super) driver: WatchedDriver,
    pub(super) words: LastWords,
}

/// Our own driver, or somebody else's.
pub(super) enum WatchedDriver {
    Child(Box<Child>),
    Remote(Url),
}

/// Waits until the browser is dead; forever while it lives.
pub(crate) async fn death(health: &mut watch::Receiver<Health>) -> Failure {
    loop {
        if let Health::Dead(failure) = &*health.borrow_and_update() {
            return failure.clone();
        }
        if health.changed().await.is_err() {
            // Nobody watches any more: the browser was closed on purpose, after the last use of this page.
            std::future::pending::<()>().await;
        }
    }
}

/// Watches until `stop`, and gives the driver's child back.
pub(super) async fn watch(
    mut watched: Watched,
    health: watch::Sender<Health>,
    mut stop: oneshot::Receiver<()>,
) -> Option<Child> {
    let failure = tokio::select! {
        biased;
        _ = &mut stop => None,
        failure = first_death(&mut watched) => Some(failure),
    };
    if let Some(failure) = failure {
        health.send_replace(Health::Dead(failure));
        // The child is kept until it is asked for: dropping it would take its end note away from `close`.
        _ = stop.await;
    }
    match watched.driver {
        WatchedDriver::Child(child) => Some(*child),
        WatchedDriver::Remote(_) => None,
    }
}

async fn first_death(watched: &mut Watched) -> Failure {
    let Watched { connection, events, first_tab, browser, driver, words } = watched;
    let mut closed = connection.closed();
    let dead = |what: String| {
        Failure::new(FailureKind::BrowserCrash, format!("{what}{}", words.after("last output of browser and driver:")))
    };
    let socket = async {
        // An error would mean that the connection's task is gone, which is the same to us.
        match closed.wait_for(Option::is_some).await.map(|reason| reason.clone()) {
            Ok(Some(reason)) => reason,
            _ => "no reason given".to_owned(),
        }
    };
    tokio::select! {
        ended = driver_end(driver) => dead(ended),
        failure = tab_crash(events, first_tab, words) => failure,
        reason = socket => dead(format!("the browser ended unexpectedly: its DevTools connection was lost ({reason})")),
        () = process_end(*browser) => dead("the browser's process ended unexpectedly".to_owned()),
    }
}

async fn driver_end(driver: &mut WatchedDriver) -> String {
    match driver {
        WatchedDriver::Child(child) => match child.wait().await {
            Ok(status) => format!("chromedriver ended unexpectedly ({status})"),
            Err(error) => format!("chromedriver can't be waited for ({error})"),
        },
        WatchedDriver::Remote(url) => {
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let port = url.port_or_known_default().unwrap_or(80);
            let mut failed = 0;
            loop {
                tokio::time::sleep(INTERVAL).await;
                match connect(&host, port).await {
                    Ok(()) => failed = 0,
                    // Twice, since one connection can be lost to a full queue.
                    Err(error) if failed == 1 => {
                        return format!("the WebDriver server {url} does not answer any more ({error})");
                    }
                    Err(_) => failed += 1,
                }
            }
        }
    }
}

async fn connect(host: &str, port: u16) -> std::io::Result<()> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    tokio::net::TcpStream::connect(addresses.as_slice()).await.map(drop)
}

async fn process_end(browser: Option<ProcessId>) {
    // The socket says so at once, unless another process holds it open.
    match browser {
        Some(browser) => {
            while browser.is_alive() {
                tokio::time::sleep(INTERVAL).await;
            }
        }
        None => std::future::pending().await,
    }
}

async fn tab_crash(events: &mut Subscription, first_tab: &str, words: &LastWords) -> Failure {
    loop {
        match events.next().await {
            Some(Received::Event(event)) => {
                if let Some((status, code)) = read_event(&event, first_tab) {
                    // The renderer's last words come through a pipe and may be later than the event.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    return crash(&status, code, words.contains("V8 javascript OOM"));
                }
            }
            Some(Received::Missed(_) | Received::Injected(_)) => {}
            // The connection is closed, which is told elsewhere.
            None => std::future::pending().await,
        }
    }
}

/// What a crashed page failed of. On Linux V8 ends a renderer that ran out of memory like any other crash (`crashed`,
/// code 5), and says why in the browser's output only; the kernel kills it (`killed`, code 9).
pub(crate) fn crash(status: &str, code: i64, out_of_memory: bool) -> Failure {
    if out_of_memory || status.contains("oom") {
        let text = format!("the tab ran out of memory for its scripts ({status}, code {code})");
        Failure::new(FailureKind::OutOfMemory, text)
    } else if status == "killed" {
        let text = format!("the tab was killed by the system, as it does when memory runs out ({status}, code {code})");
        Failure::new(FailureKind::OutOfMemory, text)
    } else {
        Failure::new(FailureKind::BrowserCrash, format!("the tab crashed ({status}, code {code})"))
    }
}

/// Status and code of the crash of the first tab. Frames and workers that crash leave the page usable.
fn read_event(event: &CdpEvent, first_tab: &str) -> Option<(String, i64)> {
    if event.method != "Target.targetCrashed" {
        return None;
    }
    let params: Value = event.params().ok()?;
    (params["targetId"].as_str()? == first_tab).then(|| {
        let status = params["status"].as_str().unwrap_or_default().to_owned();
        (status, params["errorCode"].as_i64().unwrap_or_default())
    })
}
