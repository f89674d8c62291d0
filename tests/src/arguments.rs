//! The command line of benchmarks.

use anyhow::{Context, Result, bail, ensure};

/// `--rounds N`, or this many. cargo itself adds `--bench`.
///
/// # Errors
/// For another option, and for what is no number of rounds.
pub fn rounds_wanted(unless_given: usize) -> Result<usize> {
    number_wanted("--rounds", unless_given)
}

/// The number behind this option, or this many.
///
/// # Errors
/// For another option, and for what is no number above 0.
pub fn number_wanted(option: &str, unless_given: usize) -> Result<usize> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let number = match arguments.next() {
        None => unless_given,
        Some(given) if given == option => {
            let number = arguments.next().with_context(|| format!("{option} needs a number"))?;
            number.parse().with_context(|| option.to_owned())?
        }
        Some(other) => bail!("{other} is no option; there is {option} N ({unless_given} if left out)"),
    };
    ensure!(number > 0, "{option} must be at least 1");
    Ok(number)
}
