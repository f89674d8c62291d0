//! What the page API promises, on the pages to practise on: each step is a behaviour, and says so in its title.
//!
//! `cargo test -p canarytrace-tests --test behaviours`; again and again on a busy machine:
//! `cargo bench -p canarytrace-tests --bench flakes`.

mod actions;
mod applications;
mod conditions;
mod control;
mod covered;
mod detached;
mod expectations;
mod failures;
mod files;
mod forms;
mod frames;
mod kept;
mod locators;
mod mouse;
mod network_waits;
mod shadow;
mod support;
mod timing;
mod windows;

use std::process::ExitCode;

fn main() -> ExitCode {
    canarytrace::main()
}
