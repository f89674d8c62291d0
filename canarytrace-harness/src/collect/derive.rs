//! From messages of the browser to documents: the same while a run goes on and when its log is replayed.
//!
//! Nothing here does I/O, asks the browser or looks at a clock: the messages are all there is, marks of steps included.
//! So a raw log gives the same documents again.

use uuid::Uuid;

use super::console::console;
use super::requests::request_log;
use crate::devtools::exchange::{Exchange, Exchanges};
use crate::devtools::protocol::{Event, Message};
use crate::record::{Console, RequestLog};

/// What is derived, and how.
#[derive(Clone, Debug)]
pub struct DeriveOptions {
    /// Whether requests become documents (`REQUEST_LOG`).
    pub request_log: bool,
    /// Whether the console becomes documents (`CONSOLE_INTERCEPT`).
    pub console: bool,
    /// What is picked from the bodies of requests (`POST_DATA_PATH`).
    pub post_data_path: Option<String>,
}

/// A document that was derived.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The step it belongs to.
    pub step: Option<Uuid>,
    /// The document.
    pub document: DerivedDocument,
}

/// The document, by its dataset.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DerivedDocument {
    /// Of a request.
    RequestLog(Box<RequestLog>),
    /// Of a message of the console.
    Console(Box<Console>),
}

/// Derives documents from messages in their order.
#[derive(Debug)]
pub struct Derivation {
    options: DeriveOptions,
    exchanges: Exchanges<'static>,
    /// The steps that are open, outermost first.
    steps: Vec<Uuid>,
}

impl Derivation {
    /// Begins with the first message.
    pub fn new(options: DeriveOptions) -> Self {
        Self { options, exchanges: Exchanges::default(), steps: Vec::new() }
    }

    /// Takes the next message, and gives the documents that are complete with it.
    pub fn push(&mut self, message: Message<'static>) -> Vec<Derived> {
        let mut derived = Vec::new();
        match &message.event {
            Event::StepStarted(step) => self.steps.extend(Uuid::parse_str(step.uuid_action.text()).ok()),
            Event::StepEnded(step) => {
                if let Ok(ended) = Uuid::parse_str(step.uuid_action.text()) {
                    self.steps.retain(|open| *open != ended);
                }
            }
            _ => {}
        }
        if self.options.console
            && let Some(console) = console(&message)
        {
            let document = DerivedDocument::Console(Box::new(console));
            derived.push(Derived { step: self.steps.last().copied(), document });
        }
        if self.options.request_log {
            self.exchanges.push(message);
            derived.extend(self.exchanges.take_complete().iter().map(of_exchange));
        }
        derived
    }

    /// What is left when there are no more messages: requests that were never answered.
    pub fn finish(self) -> Vec<Derived> {
        self.exchanges.finish().iter().map(of_exchange).collect()
    }
}

fn of_exchange(exchange: &Exchange<'_>) -> Derived {
    let step = exchange.step.as_ref().and_then(|step| Uuid::parse_str(step).ok());
    Derived { step, document: DerivedDocument::RequestLog(Box::new(request_log(exchange))) }
}
