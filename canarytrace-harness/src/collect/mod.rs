//! One file a collector: what it listens to, and the documents it makes of it.

pub mod availability;
pub mod console;
pub mod derive;
pub mod requests;
