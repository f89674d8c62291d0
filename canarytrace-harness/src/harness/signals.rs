//! SIGINT and SIGTERM: everything is stored and every browser gone within five seconds.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::exit_code;
use crate::browser::kill_all;
use crate::run::{Interrupt, Signal};

/// When the orderly way out takes longer, browsers are killed and the process ends.
const LIMIT: Duration = Duration::from_millis(4500);

/// The exit code of a process that was interrupted by `signal`.
pub(crate) fn exit_code_of(signal: Signal) -> u8 {
    match signal {
        Signal::Interrupt => exit_code::INTERRUPTED,
        Signal::Terminate => exit_code::TERMINATED,
    }
}

/// Listens for signals for as long as the runtime lives. A second signal does not wait any longer.
pub(crate) fn listen(interrupt: &Interrupt) -> std::io::Result<()> {
    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    let interrupt = interrupt.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = int.recv() => Signal::Interrupt,
                _ = term.recv() => Signal::Terminate,
            }
        };
        let raised = next().await;
        interrupt.raise(raised);
        // A thread, because the runtime itself may be what hangs.
        std::thread::spawn(move || {
            std::thread::sleep(LIMIT);
            leave(raised);
        });
        let second = next().await;
        leave(second);
    });
    Ok(())
}

fn leave(signal: Signal) -> ! {
    kill_all();
    std::process::exit(i32::from(exit_code_of(signal)))
}
