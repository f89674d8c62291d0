//! What runs wrote reaches real servers: while they go on, later, once, and with what can't be stored put aside.

mod commands;
mod drains;
mod failures;
mod runs;
mod support;
