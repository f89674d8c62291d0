//! Registry, command line, console output, exit codes.

mod attachments;
mod console;
mod delivery;
pub mod exit_code;
mod failed_start;
mod junit;
mod last_failed;
mod log;
mod main;
mod print_documents;
mod registry;
mod session;
mod signals;
mod stop;

pub use console::readable;
pub use failed_start::report_failed_start;
pub use main::{main, main_of};
