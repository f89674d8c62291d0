//! Signals while there are no monitors yet: cargo is ended with us. As the first process of a container we would
//! otherwise be deaf to them.

use std::sync::{Arc, Mutex, PoisonError};

use canarytrace::exit_code;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};

/// The process group to be ended with us; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals(Arc<Mutex<Option<Pid>>>);

impl Signals {
    /// Begins to listen, on a thread of its own. What becomes of this process by `exec` hears signals as any other.
    pub(super) fn listen() -> std::io::Result<Self> {
        let signals = Self::default();
        let heard = signals.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut interrupts, mut terminations) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let (name, code) = runtime.block_on(async {
                tokio::select! {
                    _ = interrupts.recv() => ("SIGINT", exit_code::INTERRUPTED),
                    _ = terminations.recv() => ("SIGTERM", exit_code::TERMINATED),
                }
            });
            if let Some(group) = *heard.0.lock().unwrap_or_else(PoisonError::into_inner) {
                // It may have ended by itself in between.
                let _ = kill_process_group(group, Signal::TERM);
            }
            eprintln!("canarytrace: interrupted by {name} before the monitors were there");
            std::process::exit(code.into());
        })?;
        Ok(signals)
    }

    /// This process group is to be ended with us, from now on.
    pub(super) fn ends_with_us(&self, group: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = i32::try_from(group).ok().and_then(Pid::from_raw);
    }

    /// It is over.
    pub(super) fn is_over(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
