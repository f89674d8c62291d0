//! The command line of benchmarks.

use anyhow::{Context, Result, bail, ensure};

/// `--rounds N`, or this many. cargo itself adds `--bench`.
///
/// # Errors
/// For another option, and for what is no number of rounds.
pub fn rounds_wanted(unless_given: usize) -> Result<usize> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let rounds = match arguments.next().as_deref() {
        None => unless_given,
        Some("--rounds") => arguments.next().context("--rounds needs a number")?.parse().context("--rounds")?,
        Some(other) => bail!("{other} is no option; there is --rounds N ({unless_given} if left out)"),
    };
    ensure!(rounds > 0, "--rounds must be at least 1");
    Ok(rounds)
}
