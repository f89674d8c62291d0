//! Dates as Elasticsearch reads them, `epoch_millis||strict_date_optional_time` as our templates have it, and date math
//! (`now-1h/h`).

use jiff::civil::{Date, DateTime, Time, Weekday, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp, ToSpan as _};
use serde_json::Value;

/// What a date may look like, for messages.
pub(super) const ALLOWED: &str = "a date (2026-01-31, 2026-01-31T12:00:00Z), ms since the epoch, or date math \
                                  (now-1h, now/d, 2026-01-31||+1M; units y M w d h m s)";

/// Which end of a moment that is less exact than a millisecond is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// Its first millisecond.
    Down,
    /// Its last one.
    Up,
}

/// A date of a document, ms since the epoch.
pub(super) fn of_document(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => epoch(text).or_else(|| optional_time(text, Rounding::Down)),
        Value::Number(number) => epoch(&number.to_string()),
        _ => None,
    }
}

/// A date of a query, ms since the epoch. Four digits are a year there.
pub(super) fn of_query(value: &Value, now: Timestamp, rounding: Rounding) -> Option<i64> {
    match value {
        Value::String(text) => math(text, now, rounding),
        Value::Number(number) => epoch(&number.to_string()),
        _ => None,
    }
}

/// `now-1h/d`, `2026-01-31||+1M`, or a plain date.
fn math(text: &str, now: Timestamp, rounding: Rounding) -> Option<i64> {
    let (start, mut rest) = if let Some(rest) = text.strip_prefix("now") {
        (now.as_millisecond(), rest)
    } else if let Some((start, rest)) = text.split_once("||") {
        (plain(start, Rounding::Down)?, rest)
    } else {
        return plain(text, rounding);
    };
    let mut moment = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(start).ok()?);
    while let Some(operator) = rest.chars().next() {
        rest = &rest[operator.len_utf8()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = if digits == 0 { 1 } else { rest[..digits].parse().ok()? };
        let unit = rest[digits..].chars().next()?;
        rest = &rest[digits + unit.len_utf8()..];
        moment = match operator {
            '+' => moment.checked_add(span(number, unit)?).ok()?,
            '-' => moment.checked_sub(span(number, unit)?).ok()?,
            '/' if digits == 0 => {
                let begin = beginning(moment, unit)?;
                match rounding {
                    Rounding::Down => begin,
                    Rounding::Up => {
                        begin.checked_add(span(1, unit)?).ok()?.checked_sub(Span::new().milliseconds(1)).ok()?
                    }
                }
            }
            _ => return None,
        };
    }
    Some(moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

fn span(number: i64, unit: char) -> Option<Span> {
    let span = Span::new();
    match unit {
        'y' => span.try_years(number),
        'M' => span.try_months(number),
        'w' => span.try_weeks(number),
        'd' => span.try_days(number),
        'h' | 'H' => span.try_hours(number),
        'm' => span.try_minutes(number),
        's' => span.try_seconds(number),
        _ => return None,
    }
    .ok()
}

fn beginning(moment: DateTime, unit: char) -> Option<DateTime> {
    let day = moment.date();
    let day = match unit {
        'y' => date(day.year(), 1, 1),
        'M' => day.first_of_month(),
        'w' => day.checked_sub(i64::from(day.weekday().since(Weekday::Monday)).days()).ok()?,
        _ => day,
    };
    let time = moment.time();
    let time = match unit {
        'y' | 'M' | 'w' | 'd' => Time::midnight(),
        'h' | 'H' => Time::new(time.hour(), 0, 0, 0).ok()?,
        'm' => Time::new(time.hour(), time.minute(), 0, 0).ok()?,
        's' => Time::new(time.hour(), time.minute(), time.second(), 0).ok()?,
        _ => return None,
    };
    Some(day.to_datetime(time))
}

fn plain(text: &str, rounding: Rounding) -> Option<i64> {
    optional_time(text, rounding).or_else(|| epoch(text))
}

/// ms since the epoch; what is below a millisecond is left out.
fn epoch(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(fraction)).then(|| whole.parse().ok()).flatten()
}

/// `strict_date_optional_time`: what is missing at the end is the beginning of it, or with [`Rounding::Up`] the end of the
/// day, hour or minute, but the first month and day.
fn optional_time(text: &str, rounding: Rounding) -> Option<i64> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.splitn(3, '-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    let day_of_month = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    let whole_day = day.len() == 10;
    let day = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day_of_month).ok()?).ok()?;

    let (mut hour, mut minute, mut second, mut nanosecond) = (0, 0, 0, 0);
    if rounding == Rounding::Up {
        (hour, minute, second, nanosecond) = (23, 59, 59, 999_999_999);
    }
    let mut offset = Offset::UTC;
    if let Some(time) = time {
        if !whole_day {
            return None;
        }
        let zone = time.find(['Z', '+', '-']);
        let (clock, zone) = zone.map_or((time, ""), |place| time.split_at(place));
        offset = parse_offset(zone)?;
        // A `T` with nothing after it is a whole day.
        if !clock.is_empty() {
            let mut parts = clock.splitn(3, ':');
            hour = i8::try_from(digits(parts.next()?, 2)?).ok()?;
            if let Some(part) = parts.next() {
                minute = i8::try_from(digits(part, 2)?).ok()?;
            }
            if let Some(part) = parts.next() {
                let (whole, fraction) = part.split_once(['.', ',']).map_or((part, None), |(a, b)| (a, Some(b)));
                second = i8::try_from(digits(whole, 2)?).ok()?;
                if let Some(fraction) = fraction {
                    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                        return None;
                    }
                    nanosecond = format!("{fraction:0<9}").parse().ok()?;
                }
            }
        }
    }
    let time = Time::new(hour, minute, second, nanosecond).ok()?;
    let moment = offset.to_timestamp(day.to_datetime(time)).ok()?;
    // Towards the past, also before 1970.
    i64::try_from(moment.as_nanosecond().div_euclid(1_000_000)).ok()
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i16> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Nothing, `Z`, `+02`, `+0200` or `+02:00`.
fn parse_offset(text: &str) -> Option<Offset> {
    if text.is_empty() || text == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, rest) = text.split_at(1);
    let (hours, minutes) = match rest.len() {
        2 => (rest, "00"),
        4 => rest.split_at(2),
        5 => rest.split_once(':')?,
        _ => return None,
    };
    let seconds = i32::from(digits(hours, 2)?) * 3600 + i32::from(digits(minutes, 2)?) * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

/// ms since the epoch as every server reads it; none for moments that no calendar of ours has.
pub(super) fn text(milliseconds: i64) -> Option<String> {
    let moment = Timestamp::from_millisecond(milliseconds).ok()?;
    Some(TimeZone::UTC.to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn dates_have_time_zones_and_may_end_early() {
        for (text, moment) in [
            ("2026", "1970-01-01T00:00:02.026Z"),
            ("2026-02", "2026-02-01T00:00:00Z"),
            ("2026-02-03T", "2026-02-03T00:00:00Z"),
            ("2026-02-03T10:00+02:00", "2026-02-03T08:00:00Z"),
            ("2026-02-03T10:00:01.5-0130", "2026-02-03T11:30:01.5Z"),
            ("1738540800000", "2025-02-03T00:00:00Z"),
        ] {
            assert_eq!(of_document(&json!(text)), Some(at(moment)), "{text}");
        }
        assert_eq!(of_document(&json!(1_738_540_800_000_i64)), Some(1_738_540_800_000));
        for text in ["yesterday", "", "2026-1-1", "2026-02-30", "2026-02-03T25", "2026-02-03 10:00", "now"] {
            assert_eq!(of_document(&json!(text)), None, "{text}");
        }
    }

    #[test]
    fn math_counts_from_now_and_rounds_towards_the_side_that_is_meant() {
        let now: Timestamp = "2026-11-18T10:20:30.456Z".parse().unwrap();
        for (text, down, up) in [
            ("now", "2026-11-18T10:20:30.456Z", "2026-11-18T10:20:30.456Z"),
            ("now-1h", "2026-11-18T09:20:30.456Z", "2026-11-18T09:20:30.456Z"),
            ("now-h", "2026-11-18T09:20:30.456Z", "2026-11-18T09:20:30.456Z"),
            ("now/d", "2026-11-18T00:00:00Z", "2026-11-18T23:59:59.999Z"),
            ("now/w", "2026-11-16T00:00:00Z", "2026-11-22T23:59:59.999Z"),
            ("2026", "2026-01-01T00:00:00Z", "2026-01-01T23:59:59.999Z"),
            ("now-1M/M", "2026-10-01T00:00:00Z", "2026-10-31T23:59:59.999Z"),
            ("2026-01-31||+1M", "2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z"),
            ("2026-02", "2026-02-01T00:00:00Z", "2026-02-01T23:59:59.999Z"),
            ("2026-02-03T04", "2026-02-03T04:00:00Z", "2026-02-03T04:59:59.999Z"),
        ] {
            assert_eq!(of_query(&json!(text), now, Rounding::Down), Some(at(down)), "{text}");
            assert_eq!(of_query(&json!(text), now, Rounding::Up), Some(at(up)), "{text}");
        }
        for text in ["now-", "now-1", "now-1x", "now*2d", "now/2d", "noon", "now-99999999999999999999d"] {
            assert_eq!(of_query(&json!(text), now, Rounding::Down), None, "{text}");
        }
    }
}
