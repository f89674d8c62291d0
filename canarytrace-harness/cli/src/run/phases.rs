//! How long each phase took, for people and for `preparation` of documents.

use std::time::{Duration, Instant, SystemTime};

use canarytrace::record::summary::Preparation;

/// The clock, from the start of the command.
#[derive(Debug)]
pub(super) struct Phases {
    pub(super) started: (Instant, SystemTime),
    told: Preparation,
}

impl Phases {
    pub(super) fn start() -> Self {
        Self { started: (Instant::now(), SystemTime::now()), told: Preparation::default() }
    }

    /// Times asking what a branch stands at.
    pub(super) fn resolve<T>(&mut self, part: impl FnOnce() -> T) -> T {
        time(&mut self.told.resolve, part)
    }

    /// Times cloning.
    pub(super) fn clone<T>(&mut self, part: impl FnOnce() -> T) -> T {
        time(&mut self.told.clone, part)
    }

    /// Times building, or waiting for a build.
    pub(super) fn build<T>(&mut self, part: impl FnOnce() -> T) -> T {
        time(&mut self.told.build, part)
    }

    /// Times the check of an executable in the cache.
    pub(super) fn verify<T>(&mut self, part: impl FnOnce() -> T) -> T {
        time(&mut self.told.verify, part)
    }

    /// The executable was in the cache.
    pub(super) fn cached(&mut self) {
        self.told.cached = true;
    }

    /// The executable is an older build of the branch.
    pub(super) fn stale(&mut self) {
        self.told.stale = true;
    }

    /// How long it took so far.
    pub(super) fn so_far(&self) -> Preparation {
        Preparation { total: ms(self.started.0.elapsed()), ..self.told.clone() }
    }

    /// In words: `resolve 12 ms, verify 31 ms, 52 ms in all`.
    pub(super) fn words(&self) -> String {
        let so_far = self.so_far();
        let parts = [
            ("resolve", so_far.resolve),
            ("clone", so_far.clone),
            ("build", so_far.build),
            ("verify", so_far.verify),
        ];
        let mut words = String::new();
        for (name, duration) in parts {
            if let Some(duration) = duration {
                words.push_str(&format!("{name} {}, ", readable(duration)));
            }
        }
        format!("{words}{} in all", readable(so_far.total))
    }
}

fn time<T>(sum: &mut Option<f64>, part: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = part();
    *sum = Some(sum.unwrap_or(0.0) + ms(started.elapsed()));
    done
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn readable(ms: f64) -> String {
    canarytrace::harness::readable(Duration::from_secs_f64(ms / 1000.0))
}
