//! How fast a processor is: a short piece of work that is always the same.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

/// Numbers a round: about 1.3 ms on an AMD EPYC.
const NUMBERS: u32 = 200;

/// Rounds, of which the best counts: the others were interrupted. How often that happens tells the pressure.
const ROUNDS: u32 = 3;

/// Numbers that are written out to 300 digits in a millisecond. It is arithmetic with large integers in code of the standard
/// library, which is compiled with optimisation in every profile: a monitor's debug build has the same index as its
/// release build (measured: 150 to 160 in both). It allocates nothing.
pub(super) fn index() -> f64 {
    let mut text = String::with_capacity(1024);
    let round = |_| {
        let started = Instant::now();
        for number in 1..=NUMBERS {
            text.clear();
            // Into memory that is there: it can't fail.
            _ = write!(text, "{:.300}", 1e-90 / f64::from(number));
            black_box(&text);
        }
        f64::from(NUMBERS) / (started.elapsed().as_secs_f64() * 1000.0)
    };
    (0..ROUNDS).map(round).fold(0.0, f64::max)
}
