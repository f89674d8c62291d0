//! Raw logs: the browser's messages as they came, one a line, compressed with zstd.
//!
//! A log is written while the run goes on, so it may end anywhere; it is read however much of it is left.

mod damage;
mod inflate;
mod read;
mod split;
mod write;

pub use damage::{Damage, Place};
pub use read::{Entry, LogReader};
pub use write::LogWriter;

#[cfg(test)]
mod tests;
