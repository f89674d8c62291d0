//! Passes every event to every consumer, masked.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;

use crate::record::{Consumer, Event, Redactor};

/// Hands events to the consumers in their order; cheap to clone.
#[derive(Clone)]
pub struct Bus(Arc<Shared>);

struct Shared {
    consumers: Mutex<Vec<Box<dyn Consumer>>>,
    redactor: Mutex<Redactor>,
    /// What consumers and helpers want said; they can't emit themselves while an event is being handed out.
    notices: Mutex<Vec<String>>,
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A consumer that panicked must not silence the others.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bus {
    /// A bus without consumers that masks what `redactor` knows.
    pub fn new(redactor: Redactor) -> Self {
        Self(Arc::new(Shared {
            consumers: Mutex::new(Vec::new()),
            redactor: Mutex::new(redactor),
            notices: Mutex::default(),
        }))
    }

    /// Adds a consumer behind those already there.
    pub fn add(&self, consumer: impl Consumer + 'static) {
        lock(&self.0.consumers).push(Box::new(consumer));
    }

    /// Masks these secrets too, from now on.
    pub fn add_secrets(&self, secrets: impl IntoIterator<Item = SecretString>) {
        let mut redactor = lock(&self.0.redactor);
        *redactor = redactor.with(secrets);
    }

    /// The redactor with every secret known so far.
    pub fn redactor(&self) -> Redactor {
        lock(&self.0.redactor).clone()
    }

    /// Masks the event and hands it to every consumer; then hands out the notices that came up meanwhile.
    pub fn emit(&self, event: Event) {
        let mut consumers = lock(&self.0.consumers);
        let mut next = Some(event);
        while let Some(mut event) = next.take() {
            event.redact(&self.redactor());
            for consumer in consumers.iter_mut() {
                consumer.event(&event);
            }
            let pending = std::mem::take(&mut *lock(&self.0.notices));
            if !pending.is_empty() {
                next = Some(Event::Notice { run: None, message: pending.join("\n") });
            }
        }
    }

    /// A callback for parts that have something to say to people but don't emit events.
    pub fn notices(&self) -> Arc<dyn Fn(String) + Send + Sync> {
        let shared = Arc::downgrade(&self.0);
        Arc::new(move |message| {
            let Some(shared) = shared.upgrade() else { return };
            lock(&shared.notices).push(message);
            // Said at once unless an event is being handed out just now; then `emit` says it right after.
            if shared.consumers.try_lock().is_ok() {
                let pending = std::mem::take(&mut *lock(&shared.notices));
                if !pending.is_empty() {
                    Self(shared).emit(Event::Notice { run: None, message: pending.join("\n") });
                }
            }
        })
    }
}
