//! One file a collector: what it listens to, and the documents it makes of it.

pub mod availability;
