//! The program `canarytrace`.

use std::process::ExitCode;

fn main() -> ExitCode {
    canarytrace_cli::main()
}
