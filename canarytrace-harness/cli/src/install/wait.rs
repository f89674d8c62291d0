//! Waits until a cluster answers and can store something, and says what it waits for.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use anyhow::bail;
use canarytrace::elastic::{Client, Method, Request};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::say;

/// Between two looks at the cluster.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is told what is waited for, where there is no terminal.
const TELL: Duration = Duration::from_secs(10);

/// What goes on, on standard error: a line that changes on a terminal, else a line now and then.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    told: Option<Instant>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, told: None }
    }

    /// What is done at the moment; only terminals show it.
    pub(super) fn step(&self, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(message.to_owned());
        }
    }

    /// What is waited for.
    fn waits(&mut self, message: &str) {
        self.step(message);
        if self.bar.is_none() && self.told.is_none_or(|told| told.elapsed() >= TELL) {
            self.told = Some(Instant::now());
            say::notice(message);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Waits until the cluster has a master and every primary shard, or does not say.
///
/// # Errors
/// When it does not come to that within `limit`, or refuses us: that does not pass.
pub(super) async fn until_ready(client: &Client, limit: Duration, progress: &mut Progress) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        let request = Request::new(Method::Get, "/_cluster/health").query("filter_path", "status");
        let waits = match client.send(request).await {
            Ok(reply) => match reply.status {
                200 => match reply.json::<Value>().unwrap_or_default()["status"].as_str() {
                    Some("red") => format!("{} is red: not all of its data is there yet", reply.node),
                    _ => return Ok(()),
                },
                429 | 500..=599 => format!("{} is not ready (status {})", reply.node, reply.status),
                // What it refuses, the installation's own requests will tell better.
                _ => return Ok(()),
            },
            Err(trouble) => trouble.to_string(),
        };
        if started.elapsed() + PAUSE > limit {
            bail!(
                "the cluster is not ready after {}: {waits}; check ELASTIC_CLUSTER, or wait longer with --wait",
                in_seconds(limit)
            );
        }
        progress.waits(&format!(
            "waiting for the cluster ({} of {}): {waits}",
            in_seconds(started.elapsed()),
            in_seconds(limit)
        ));
        tokio::time::sleep(PAUSE).await;
    }
}

fn in_seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}
