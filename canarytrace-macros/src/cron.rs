//! Cron lines in `schedule = "…"`.

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};

/// Checks that a line has the five fields of cron and that each is in range.
///
/// # Errors
///
/// In words: what was found, why it is wrong, an example.
pub(crate) fn check(line: &str) -> Result<(), String> {
    const EXAMPLE: &str = "the five fields are minute, hour, day of month, month, day of week: \
                           \"*/3 * * * *\" runs every three minutes";
    if let Some(nickname) = line.trim().strip_prefix('@') {
        let fields = match nickname.to_lowercase().as_str() {
            "yearly" | "annually" => "0 0 1 1 *",
            "monthly" => "0 0 1 * *",
            "weekly" => "0 0 * * 0",
            "daily" | "midnight" => "0 0 * * *",
            "hourly" => "0 * * * *",
            _ => return Err(format!("`\"{line}\"` is no cron line\n{EXAMPLE}")),
        };
        return Err(format!("`\"{line}\"` is a nickname, not five fields of cron: write \"{fields}\""));
    }
    let fields: Vec<&str> = line.split_whitespace().collect();
    if let [_seconds, five @ ..] = fields.as_slice()
        && five.len() == 5
    {
        return Err(format!(
            "`\"{line}\"` has six fields, cron has five and knows no seconds: \
             without the first field it is \"{}\"\n{EXAMPLE}",
            five.join(" ")
        ));
    }
    if fields.len() != 5 {
        return Err(format!("`\"{line}\"` has {} fields, cron has five\n{EXAMPLE}", fields.len()));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    match parser.parse(line) {
        Ok(_) => Ok(()),
        Err(error) => {
            let reason = match &error {
                CronError::InvalidPattern(reason)
                | CronError::IllegalCharacters(reason)
                | CronError::ComponentError(reason) => reason.clone(),
                other => other.to_string(),
            };
            Err(format!("`\"{line}\"` is no cron line: {}\n{EXAMPLE}", reason.trim_end_matches('.')))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn five_fields_pass() {
        for line in ["* * * * *", "*/3 * * * *", "0 6-22/2 * * MON-FRI", "15,45 0 1 JAN 0", "59 23 31 12 7"] {
            assert_eq!(check(line), Ok(()), "{line}");
        }
    }

    #[test]
    fn six_fields_are_refused_with_the_line_that_was_meant() {
        let message = check("0 */3 * * * *").unwrap_err();
        assert!(message.contains("six fields") && message.contains("it is \"*/3 * * * *\""), "{message}");
    }

    #[test]
    fn other_counts_are_refused() {
        for (line, count) in [("", "0 fields"), ("* * * *", "4 fields"), ("0 0 * * * * 2030", "7 fields")] {
            let message = check(line).unwrap_err();
            assert!(message.contains(count), "{line}: {message}");
        }
    }

    #[test]
    fn a_nickname_is_answered_with_its_fields() {
        let message = check("@hourly").unwrap_err();
        assert!(message.contains("write \"0 * * * *\""), "{message}");
        assert!(check("@often").unwrap_err().contains("is no cron line"));
    }

    #[test]
    fn a_field_out_of_range_is_refused_with_the_reason() {
        for line in ["61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "a * * * *"] {
            let message = check(line).unwrap_err();
            assert!(message.contains("is no cron line: "), "{line}: {message}");
        }
    }
}
