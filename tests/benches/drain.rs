//! What sending documents costs us, and what storing the same documents costs the server.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench drain                  release profile
//! cargo bench -p canarytrace-tests --bench drain -- --rounds 5
//! ```
//!
//! `canarytrace ship --drain` sends 50,000 documents that lie on disk, straight to the server, with our templates. The
//! server's CPU time is that of its processes from before that until the documents can be searched; its first round is
//! not counted, because a cold Java machine takes longer. The sizes of requests are those that a proxy saw in a round
//! of its own.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use canarytrace_tests::arguments::rounds_wanted;
use canarytrace_tests::elastic::{Product, shared};
use canarytrace_tests::fault_proxy::FaultProxy;
use canarytrace_tests::figures::{Figures, print_target};
use canarytrace_tests::machine::{load, profile};
use canarytrace_tests::measure::{cpu_seconds, measure};
use canarytrace_tests::runner::{Finished, Runner};

const DOCUMENTS: u32 = 50_000;

/// The targets: our CPU time of the server's, and bytes of bodies over the wire of those before compression, in %.
const CPU: f64 = 25.0;
const SIZE: f64 = 25.0;

fn main() -> ExitCode {
    match rounds_wanted(3).and_then(bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
