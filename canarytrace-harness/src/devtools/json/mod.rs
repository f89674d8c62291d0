//! JSON read fast, for the megabytes of messages of which we read a third.
//!
//! `serde_json` looks at every byte of what nobody reads. [`Reader`] steps over it in blocks: it finds where a value ends
//! and that its strings and brackets are sound, no more. What is read, now or later, is accepted and refused as
//! `serde_json` does, with the same values; whoever wants to know why something was refused asks `serde_json`.

mod block;
mod raw;
mod reader;
mod scan;
mod skip;

pub(super) use raw::Raw;
pub(super) use reader::{Reader, Refused, from_str};

#[cfg(test)]
mod tests;
