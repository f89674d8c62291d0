//! Registry, command line, console output, exit codes.

mod attachments;
mod console;
mod delivery;
mod describe;
mod ecs;
pub mod exit_code;
mod failed_start;
mod junit;
mod last_failed;
mod log;
mod main;
mod output;
mod print_documents;
mod registry;
mod session;
mod signals;
mod start_offset;
mod stop;

pub use console::readable;
pub use describe::DESCRIBE_VARIABLE;
pub use ecs::{ECS_VERSION, EcsLevel, EcsLine};
pub use failed_start::report_failed_start;
pub use main::{main, main_of};
pub use start_offset::{stable_hash, start_offset};
