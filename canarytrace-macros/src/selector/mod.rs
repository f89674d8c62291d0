//! Which text `querySelector` of Chromium takes as a selector list, and where another one goes wrong.

mod grammar;
#[cfg(test)]
mod measured;
mod pseudo;
mod tokens;

pub(crate) use grammar::check;

/// Where and why a text is no selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Byte offset in the selector.
    pub(crate) at: usize,
    /// What is wrong, and on further lines what to do.
    pub(crate) message: String,
}

impl Mistake {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}
