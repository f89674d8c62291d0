//! The tool `canarytrace` for tests: cargo builds programs of the package under test only.

use std::process::ExitCode;

fn main() -> ExitCode {
    canarytrace_cli::main()
}
