//! What the tests of Canarytrace share.

pub mod arguments;
pub mod library_monitor;
pub mod mapping;
pub mod redact;
pub mod runner;
pub mod servers;
pub mod tmpfs;
