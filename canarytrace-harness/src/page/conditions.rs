//! What the browser works under: a slow network, a slow processor, no network, no cache.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::page::Page;
use crate::config::Throttle;
use crate::record::{Failure, FailureKind, Throttling};

type Result<T = ()> = std::result::Result<T, Failure>;

/// The conditions of one browser. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    throttle: Throttle,
    offline: bool,
    cache_disabled: bool,
}

impl Conditions {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent between statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is slowed down or cut off; none when nothing is.
    pub(crate) fn in_force(&self) -> Option<Throttling> {
        let State { throttle, offline, cache_disabled } = self.lock().clone();
        if throttle.is_none() && !offline && !cache_disabled {
            return None;
        }
        Some(Throttling {
            preset: throttle.preset().to_owned(),
            request_latency_ms: throttle.latency.as_secs_f64() * 1000.0,
            download_throughput_kbps: throttle.down,
            upload_throughput_kbps: throttle.up,
            cpu_slowdown_multiplier: throttle.cpu,
            offline,
            cache_disabled,
        })
    }
}

impl State {
    /// The calls that bring it about.
    fn calls(&self) -> Vec<(&'static str, Value)> {
        // The protocol counts bytes a second.
        let rate = |rate: Option<f64>| rate.map_or(-1.0, |kbits| kbits * 1000.0 / 8.0);
        let Throttle { latency, down, up, cpu, .. } = &self.throttle;
        vec![
            (
                "Network.emulateNetworkConditions",
                json!({
                    "offline": self.offline,
                    "latency": latency.as_secs_f64() * 1000.0,
                    "downloadThroughput": rate(*down),
                    "uploadThroughput": rate(*up),
                }),
            ),
            ("Emulation.setCPUThrottlingRate", json!({ "rate": cpu })),
            ("Network.setCacheDisabled", json!({ "cacheDisabled": self.cache_disabled })),
        ]
    }
}

impl Page {
    /// What the browser works under.
    pub(crate) fn conditions(&self) -> &Conditions {
        &self.shared.conditions
    }

    /// Slows network and processor down from now on, in all windows of the browser, those that will be opened too, in
    /// frames and in service workers: a preset (`"mobileSlow4G"`), figures (`"latency=150 down=1600 up=750 cpu=4"`: ms,
    /// kbit/s, kbit/s, times slower), a preset with other figures, or `"none"`
    /// ([`Throttle`](crate::config::Throttle)).
    ///
    /// `Network.emulateNetworkConditions` and `Emulation.setCPUThrottlingRate`. Chromium does not slow down requests and
    /// scripts of dedicated and shared workers, nor messages of web sockets that are open.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when there is no such preset or figure.
    pub async fn throttle(&self, how: &str) -> Result {
        let throttle = how.parse().map_err(|message| Failure::harness(format!("could not throttle: {message}")))?;
        self.set_throttle(throttle).await
    }

    pub(crate) async fn set_throttle(&self, throttle: Throttle) -> Result {
        self.change("throttle", |state| state.throttle = throttle).await
    }

    /// Takes the network away from the browser, or gives it back: requests fail with
    /// [`NetError::InternetDisconnected`](super::NetError::InternetDisconnected), and `navigator.onLine` is false.
    pub async fn offline(&self, offline: bool) -> Result {
        let what = if offline { "go offline" } else { "go online" };
        self.change(what, |state| state.offline = offline).await
    }

    /// Has the browser take nothing from its cache from now on, or take what is there
    /// (`Network.setCacheDisabled`).
    ///
    /// Every run begins with an empty cache: its browser is new. What a page loads a second time within a run comes from
    /// a warm cache, unless this says otherwise.
    pub async fn disable_cache(&self, disabled: bool) -> Result {
        let what = if disabled { "disable the cache" } else { "enable the cache" };
        self.change(what, |state| state.cache_disabled = disabled).await
    }

    /// Empties the browser's cache: what comes next is cold (`Network.clearBrowserCache`). Cookies and storage stay.
    pub async fn clear_cache(&self) -> Result {
        self.cdp("clear the cache", "Network.clearBrowserCache", json!({})).await.map(drop)
    }

    async fn change(&self, what: &str, change: impl FnOnce(&mut State)) -> Result {
        self.ready(what).await?;
        let mut state = self.shared.conditions.lock().clone();
        change(&mut state);
        let calls = state.calls();
        tokio::select! {
            failure = self.end() => return Err(failure.context(format_args!("could not {what}"))),
            set = self.shared.attached.set_everywhere(calls) => set.map_err(|error| {
                Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {error}"))
            })?,
        }
        *self.shared.conditions.lock() = state;
        Ok(())
    }
}
