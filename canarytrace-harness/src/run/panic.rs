//! Panics of monitors: caught, with their message and place.

use std::cell::RefCell;
use std::sync::Once;

use crate::record::{Failure, FailureKind};

thread_local! {
    /// `None` outside a monitor's thread; there, what the last panic said.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes panics of monitors be noted instead of printed: the failure tells them, masked, with the others.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let noted = LAST.with_borrow_mut(|last| {
                let Some(last) = last else { return false };
                let message = info.payload_as_str().unwrap_or("a value that is no text");
                let place = info.location().map(|place| format!("\n  at {}:{}", place.file(), place.line()));
                *last = format!("{message}{}", place.unwrap_or_default());
                true
            });
            if !noted {
                default(info);
            }
        }));
    });
}

/// Panics of this thread are noted from now on.
pub(crate) fn note_on_this_thread() {
    LAST.set(Some(String::new()));
}

/// The failure that the panic just caught on this thread stands for. `assert!` panics, so a panic is an assertion.
pub(crate) fn failure() -> Failure {
    let message = LAST.with_borrow_mut(|last| last.as_mut().map(std::mem::take)).unwrap_or_default();
    Failure::new(FailureKind::Assertion, format!("the monitor panicked: {message}"))
}
