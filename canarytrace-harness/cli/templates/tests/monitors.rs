//! `cargo test` runs every monitor of the crates that are named here.

use std::process::ExitCode;

use {{crate}} as _;

fn main() -> ExitCode {
    canarytrace::main()
}
