//! `CANARYTRACE_START_OFFSET`: a hundred `CronJob`s of one schedule don't open their first page in the same second.

use std::time::Duration;

use crate::config::Config;
use crate::record::Event;
use crate::run::{Bus, Interrupt, Job};

/// A number of 64 bits that is always the same for the same text, on any machine and in any version: FNV-1a, then
/// `MurmurHash3`'s last steps, without which texts that differ in their last letter alone would lie close to each other.
pub fn stable_hash(text: &str) -> u64 {
    let mixed = |hash: u64, factor: u64| (hash ^ (hash >> 33)).wrapping_mul(factor);
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let hash = mixed(mixed(fnv, 0xff51_afd7_ed55_8ccd), 0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// How long the monitor of this name waits, of at most `longest`: always the same, and even over all names. Whole ms.
pub fn start_offset(name: &str, longest: Duration) -> Duration {
    let part = (longest.as_millis() * u128::from(stable_hash(name))) >> 64;
    Duration::from_millis(u64::try_from(part).unwrap_or(u64::MAX))
}

/// Waits as long as these jobs have to, unless it is interrupted.
pub(crate) async fn wait(config: &Config, jobs: &[Job], bus: &Bus, interrupt: &Interrupt) {
    let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    let offset = start_offset(&names.join("\n"), config.start_offset);
    if offset.is_zero() {
        return;
    }
    let message = format!(
        "waiting {:.1} s before the first browser, of at most {:.1} s (CANARYTRACE_START_OFFSET)",
        offset.as_secs_f64(),
        config.start_offset.as_secs_f64()
    );
    bus.emit(Event::Notice { run: None, message });
    tokio::select! {
        () = tokio::time::sleep(offset) => {}
        // Who asks next sees it as well.
        _ = interrupt.failure() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_always_the_same_and_below_the_longest() {
        let longest = Duration::from_secs(30);
        // The figures stand here because manifests and charts of a cluster go by them: they may never change.
        assert_eq!(stable_hash("shop::buy_a_product"), HASH_OF_AN_EXAMPLE);
        for name in ["", "a", "shop::buy_a_product", "žádost"] {
            assert_eq!(start_offset(name, longest), start_offset(name, longest));
            assert!(start_offset(name, longest) < longest);
            assert_eq!(start_offset(name, Duration::ZERO), Duration::ZERO);
        }
    }

    const HASH_OF_AN_EXAMPLE: u64 = 0x90d1_4bbb_5b12_3550;

    /// What is wanted of it: a hundred monitors, whose names differ by a number, are spread over half a minute.
    #[test]
    fn a_hundred_monitors_are_spread() {
        let mut starts = [0_u32; 30];
        for number in 0..100 {
            let offset = start_offset(&format!("shop::monitor_{number}"), Duration::from_secs(30));
            starts[usize::try_from(offset.as_secs()).unwrap()] += 1;
        }
        // 3.3 a second on average; ten in one would be one chance in some hundred for a fair coin, and it is always the same.
        assert!(starts.iter().all(|count| *count <= 10), "{starts:?}");
        assert!(starts.iter().filter(|count| **count > 0).count() >= 25, "{starts:?}");
    }
}
