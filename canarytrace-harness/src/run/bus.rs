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
        let mut next = Some(event);
        while let Some(mut event) = next.take() {
            event.redact(&self.redactor());
            let mut consumers = lock(&self.0.consumers);
            for consumer in consumers.iter_mut() {
                consumer.event(&event);
            }
            // Given free before the notices are looked for: who has one to give later finds it free, and emits it.
            drop(consumers);
            next = self.pending();
        }
    }

    fn pending(&self) -> Option<Event> {
        let pending = std::mem::take(&mut *lock(&self.0.notices));
        (!pending.is_empty()).then(|| Event::Notice { run: None, message: pending.join("\n") })
    }

    /// A callback for parts that have something to say to people but don't emit events.
    pub fn notices(&self) -> Arc<dyn Fn(String) + Send + Sync> {
        let shared = Arc::downgrade(&self.0);
        Arc::new(move |message| {
            let Some(shared) = shared.upgrade() else { return };
            lock(&shared.notices).push(message);
            // Said at once unless an event is being handed out just now; then `emit` says it right after.
            if shared.consumers.try_lock().is_ok() {
                let bus = Self(shared);
                if let Some(notice) = bus.pending() {
                    bus.emit(notice);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes what it is told, and has something to say itself when it is told of a session's start.
    struct Talkative {
        heard: Arc<Mutex<Vec<String>>>,
        notices: Arc<dyn Fn(String) + Send + Sync>,
    }

    impl Consumer for Talkative {
        fn event(&mut self, event: &Event) {
            match event {
                Event::SessionStarted { .. } => (self.notices)("the disk is full, pass hunter22".to_owned()),
                Event::Notice { message, .. } => lock(&self.heard).push(message.clone()),
                _ => {}
            }
        }
    }

    #[test]
    fn a_notice_from_within_an_event_is_handed_out_after_it_and_masked() {
        let bus = Bus::new(Redactor::default());
        bus.add_secrets([SecretString::from("hunter22")]);
        let heard = Arc::new(Mutex::new(Vec::new()));
        bus.add(Talkative { heard: heard.clone(), notices: bus.notices() });
        bus.emit(Event::SessionStarted { selected: 1 });
        bus.notices()("and one from outside".to_owned());
        assert_eq!(*lock(&heard), ["the disk is full, pass ***", "and one from outside"]);
    }

    #[test]
    fn no_notice_of_many_threads_is_lost() {
        let bus = Bus::new(Redactor::default());
        let heard = Arc::new(Mutex::new(Vec::new()));
        bus.add(Talkative { heard: heard.clone(), notices: bus.notices() });
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let notices = bus.notices();
                scope.spawn(move || (0..250).for_each(|number| notices(format!("{thread}.{number}"))));
            }
        });
        let heard = lock(&heard);
        assert_eq!(heard.iter().flat_map(|message| message.lines()).count(), 1000);
    }
}
