//! The main job: `cargo test -p monitors`. Names the crates whose monitors it runs.

use std::process::ExitCode;

use monitors as _;

fn main() -> ExitCode {
    canarytrace::main()
}
