//! Durations in options: `"90s"`, `"1m 30s"`, `"2.5s"`, `"500ms"`.

use std::time::Duration;

use jiff::fmt::friendly::SpanParser;

/// Parses jiff's "friendly" format.
///
/// # Errors
///
/// When the text is no duration, or one that isn't longer than nothing.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    const EXAMPLES: &str = "write for example \"90s\", \"1m 30s\", \"2.5s\" or \"500ms\"";
    let duration = SpanParser::new().parse_duration(text).map_err(|reason| {
        if text.trim().is_empty() {
            format!("`\"{text}\"` is no duration: {EXAMPLES}")
        } else if text.trim().parse::<f64>().is_ok() {
            format!("`\"{text}\"` is no duration, its unit is missing: {EXAMPLES}")
        } else {
            format!("`\"{text}\"` is no duration: {EXAMPLES}\nreason: {reason}")
        }
    })?;
    match Duration::try_from(duration) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(format!("`\"{text}\"` is no limit, a duration must be longer than zero: {EXAMPLES}")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn units_may_be_combined_and_have_fractions() {
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("2.5s"), Ok(Duration::from_millis(2500)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("2 hours"), Ok(Duration::from_hours(2)));
        assert_eq!(parse("1ns"), Ok(Duration::from_nanos(1)));
    }

    #[test]
    fn nothing_and_less_are_refused() {
        for text in ["0s", "-5s", "5s ago", "0ms"] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("longer than zero"), "{text}: {message}");
        }
    }

    #[test]
    fn a_bare_number_is_told_that_its_unit_is_missing() {
        for text in ["90", "2.5", " 7 "] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("unit is missing"), "{text}: {message}");
        }
    }

    #[test]
    fn other_text_is_refused_with_the_reason() {
        for text in ["soon", "5 parsecs", "10s5", "1d", "1 month"] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("reason: "), "{text}: {message}");
        }
        assert!(parse("").unwrap_err().contains("is no duration"));
    }
}
