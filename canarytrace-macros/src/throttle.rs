//! Network and processor in `throttle = "…"`: a preset, or figures. The library gives them their meaning.

use crate::presets::PRESETS;
use crate::suggest;

/// What may be said one by one.
pub(crate) const KEYS: [&str; 4] = ["latency", "down", "up", "cpu"];

/// Checks `mobileSlow4G`, `slow3G cpu=4`, `latency=150 down=1600 up=750`.
///
/// # Errors
///
/// In words: the wrong part, and what is allowed.
pub(crate) fn check(text: &str) -> Result<(), String> {
    const EXAMPLE: &str = "example: throttle = \"mobileSlow4G\", or throttle = \"latency=150 down=1600 up=750 cpu=4\" \
                           (ms, kbit/s, kbit/s, times slower)";
    let mut words = text.split_whitespace().peekable();
    if words.peek().is_none() {
        return Err(format!("`throttle` is empty: leave it out for none\n{EXAMPLE}"));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (at, word) in words.enumerate() {
        let Some((key, value)) = word.split_once('=') else {
            if at == 0 && PRESETS.contains(&word) {
                continue;
            }
            let nearest = suggest::did_you_mean(word, PRESETS);
            let allowed = PRESETS.join(", ");
            return Err(format!("unknown preset `{word}`{nearest}\nallowed: {allowed}, or figures\n{EXAMPLE}"));
        };
        if !KEYS.contains(&key) {
            return Err(format!("unknown figure `{key}`\nallowed: {}\n{EXAMPLE}", KEYS.join(", ")));
        }
        if seen.contains(&key) {
            return Err(format!("`{key}` is given twice: keep one of them\n{EXAMPLE}"));
        }
        seen.push(key);
        let least = if key == "latency" { 0.0 } else { 1.0 };
        match value.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= least => {}
            _ => return Err(format!("`{word}`: a plain number from {least} on is wanted\n{EXAMPLE}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn presets_and_figures_pass() {
        for text in ["mobileSlow4G", "slow3G cpu=4", "latency=150 down=1600 up=750 cpu=4", "cpu=1.5", "none"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("", "is empty"),
            ("moblie4G", "unknown preset `moblie4G`"),
            ("cpu=4 slow3G", "unknown preset `slow3G`"),
            ("ping=4", "unknown figure `ping`"),
            ("cpu=0.5", "from 1 on"),
            ("down=0", "from 1 on"),
            ("latency=150ms", "a plain number"),
            ("cpu=2 cpu=3", "given twice"),
            ("up=inf", "a plain number"),
        ] {
            assert!(check(text).unwrap_err().contains(part), "{text}: {:?}", check(text));
        }
    }
}
