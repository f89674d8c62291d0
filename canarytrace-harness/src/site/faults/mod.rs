//! Pages that misbehave on purpose, one file a group, and the page that lists them.

mod echo;
mod http;
mod index;
mod leads_on;
mod resources;
mod scripts;
mod stall;

pub use echo::{PRACTICE_BASIC_AUTH_PASSWORD, PRACTICE_BASIC_AUTH_USER};
pub(super) use http::bad_value;
pub(super) use index::routes;

/// A page that misbehaves, as the list shows it.
#[derive(Debug)]
struct Fault {
    /// Its path below `/faults/`, with values in the place of its parameters: a link that works.
    example: &'static str,
    /// The same path as a route, when it has parameters.
    pattern: Option<&'static str>,
    /// What it does.
    does: &'static str,
    /// What a monitor can learn there.
    purpose: &'static str,
}

impl Fault {
    const fn new(example: &'static str, does: &'static str, purpose: &'static str) -> Self {
        Self { example, pattern: None, does, purpose }
    }

    const fn with_pattern(mut self, pattern: &'static str) -> Self {
        self.pattern = Some(pattern);
        self
    }
}
