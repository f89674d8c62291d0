//! Sizes in budgets: `"2MB"`, `"1.5 MiB"`, `"500 kB"`. The options of the library read sizes in the same way.

/// Bytes of a size with its unit.
///
/// # Errors
///
/// When the text is no size, or has no unit.
pub(crate) fn parse(text: &str) -> Result<f64, String> {
    const EXAMPLES: &str = "write for example \"2MB\" (2,000,000 bytes), \"500 kB\" or \"1.5 MiB\"";
    let trimmed = text.trim();
    let unit_at = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(unit_at);
    let Ok(number) = number.parse::<f64>() else {
        return Err(format!("`\"{text}\"` is no size: {EXAMPLES}"));
    };
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" => return Err(format!("`\"{text}\"` is no size, its unit is missing: {EXAMPLES}")),
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        other => return Err(format!("`\"{text}\"` is no size, `{other}` is no unit of bytes: {EXAMPLES}")),
    };
    #[expect(clippy::cast_precision_loss, reason = "all of them are exact")]
    let bytes = number * factor as f64;
    Ok(bytes.round())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn units_are_of_thousands_or_of_1024() {
        for (text, bytes) in [
            ("2MB", 2_000_000.0),
            ("1.5 MiB", 1_572_864.0),
            ("500 kB", 500_000.0),
            ("1GB", 1e9),
            ("7 b", 7.0),
            ("2kib", 2048.0),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, part) in
            [("2", "unit is missing"), ("", "is no size"), ("2s", "`s` is no unit of bytes"), ("MB", "is no size")]
        {
            assert!(parse(text).unwrap_err().contains(part), "{text}");
        }
    }
}
