//! Why a request came to nothing.

use crate::record::Fault;

/// What went wrong on the way to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Where: dns, connect, tls, http or timeout.
    pub(crate) phase: &'static str,
    pub(crate) fault: Fault,
    /// May hold parts of URLs: to be masked before it is stored.
    pub(crate) message: String,
}

impl Trouble {
    pub(super) fn http(message: impl Into<String>) -> Self {
        Self { phase: "http", fault: Fault::Application, message: message.into() }
    }
}
