//! When Kubernetes starts a monitor: lines of cron, as its `CronJob` controller reads them.

use anyhow::{anyhow, bail};
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Weekday};

/// What a monitor without a schedule gets, as in the original.
pub(crate) const DEFAULT: &str = "*/3 * * * *";

/// Minutes of a week.
pub(crate) const WEEK: usize = 7 * 24 * 60;

/// The week that schedules are laid out in: it begins with a Monday that is the first of a month, so that what runs once a month
/// is in it.
const FIRST_DAY: (i32, u32, u32) = (2024, 1, 1);

/// A line of cron in words that the `CronJob` controller takes.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    cron: Cron,
    fields: [String; 5],
}

impl Schedule {
    /// Reads five fields. What the compiler lets pass and Kubernetes does not is said in its words where they mean the same
    /// (Sunday is 0 alone there), and refused otherwise (`L`, `W`, `#`).
    ///
    /// # Errors
    /// When the line is none, or means something that Kubernetes can't say.
    pub(crate) fn read(line: &str) -> anyhow::Result<Self> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(line).map_err(|error| anyhow!("\"{line}\" is no cron line: {error}"))?;
        let fields: Vec<String> = line.split_whitespace().map(str::to_uppercase).collect();
        let Ok(mut fields) = <[String; 5]>::try_from(fields) else {
            bail!("\"{line}\" is no cron line: five fields are wanted, minute, hour, day of month, month, day of week")
        };
        let pattern = &cron.pattern;
        if pattern.days.has_modifiers() || pattern.days_of_week.has_modifiers() || fields[4].starts_with('+') {
            bail!("\"{line}\" has L, W, # or +, which Kubernetes does not know: say the days themselves");
        }
        // Kubernetes counts days of the week from 0 to 6, and a range has to go up.
        if fields[4].contains('7') || fields[4].contains("-SUN") {
            let days: Vec<String> = pattern.days_of_week.values().iter().map(u16::to_string).collect();
            fields[4] = days.join(",");
        }
        // It takes `*/1` for "any" where others take it for a list of all.
        for field in &mut fields {
            if field == "*/1" || field == "?" {
                "*".clone_into(field);
            }
        }
        let cron = parser.parse(&fields.join(" ")).map_err(|error| anyhow!("\"{line}\" is no cron line: {error}"))?;
        Ok(Self { cron, fields })
    }

    /// The line for a manifest.
    pub(crate) fn line(&self) -> String {
        self.fields.join(" ")
    }

    /// The minutes of a week in which it starts, from Monday 00:00, in order.
    pub(crate) fn minutes(&self) -> Vec<usize> {
        let pattern = &self.cron.pattern;
        let minutes: Vec<usize> = pattern.minutes.values().into_iter().map(usize::from).collect();
        let hours: Vec<usize> = pattern.hours.values().into_iter().map(usize::from).collect();
        let (year, month, first) = FIRST_DAY;
        let days = (0..7_u32).filter(|day| {
            let weekday = Weekday::from_days_from_sunday(day + 1);
            let is_month = pattern.month_match(month).unwrap_or_default();
            is_month && pattern.day_match(year, month, first + day, weekday).unwrap_or_default()
        });
        let mut all = Vec::new();
        for day in days {
            for hour in &hours {
                all.extend(minutes.iter().map(|minute| (day as usize * 24 + hour) * 60 + minute));
            }
        }
        all
    }

    /// The shortest time between two starts, in minutes.
    pub(crate) fn shortest_distance(&self) -> usize {
        let minutes = self.minutes();
        let next = |(at, minute): (usize, &usize)| match minutes.get(at + 1) {
            Some(next) => next - minute,
            None => WEEK - minute + minutes[0],
        };
        minutes.iter().enumerate().map(next).min().unwrap_or(WEEK)
    }

    /// N of `*/N` in the minutes, if an hour has that many without a rest: such a schedule says how often, not when.
    pub(crate) fn step(&self) -> Option<usize> {
        let step = self.fields[0].strip_prefix("*/")?.parse().ok()?;
        ((2..=30).contains(&step) && 60 % step == 0).then_some(step)
    }

    /// The schedule of `*/N` beginning `phase` minutes later, which is less than N.
    pub(crate) fn shifted(&self, phase: usize) -> anyhow::Result<Self> {
        match self.step() {
            Some(step) if phase > 0 => Self::read(&format!("{phase}-59/{step} {}", self.fields[1..].join(" "))),
            _ => Ok(self.clone()),
        }
    }
}

/// `Mon 08:30`: a minute of the week.
pub(crate) fn name_of(minute: usize) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    format!("{} {:02}:{:02}", DAYS[minute / (24 * 60) % 7], minute / 60 % 24, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        Schedule::read(text).unwrap().line()
    }

    #[test]
    fn a_line_is_said_in_the_words_of_kubernetes() {
        assert_eq!(line(" */3  * * * * "), "*/3 * * * *");
        assert_eq!(line("0 6-22/2 * jan-mar mon-fri"), "0 6-22/2 * JAN-MAR MON-FRI");
        // Its controller refuses 7, and ranges that end with Sunday.
        assert_eq!(line("59 23 31 12 7"), "59 23 31 12 0");
        assert_eq!(line("0 0 * * FRI-SUN"), "0 0 * * 0,5,6");
        assert_eq!(line("0 0 ? * */1"), "0 0 * * *");
    }

    #[test]
    fn what_kubernetes_can_not_say_is_refused() {
        for text in ["0 0 L * *", "0 0 15W * *", "0 0 * * 5#2", "0 0 * * 5L", "0 0 1 * +1"] {
            assert!(Schedule::read(text).unwrap_err().to_string().contains("does not know"), "{text}");
        }
        for text in ["", "* * * *", "61 * * * *", "0 0 0 * * *", "* * * * 8"] {
            assert!(Schedule::read(text).unwrap_err().to_string().contains("is no cron line"), "{text}");
        }
    }

    #[test]
    fn the_minutes_of_a_week_begin_with_monday() {
        let minutes = |text: &str| Schedule::read(text).unwrap().minutes();
        assert_eq!(minutes("*/3 * * * *").len(), WEEK / 3);
        assert_eq!(minutes("30 8 * * MON"), [8 * 60 + 30]);
        assert_eq!(minutes("0 0 * * SUN"), [6 * 24 * 60]);
        assert_eq!(minutes("0 12 1 * *"), [12 * 60]);
        assert_eq!(minutes("0 0 * 2 *"), [0_usize; 0]);
        // Either of them, as cron has it: the first and second of the month, and Sunday.
        assert_eq!(minutes("0 0 1,2 * 0"), [0, 24 * 60, 6 * 24 * 60]);
        assert_eq!(name_of(6 * 24 * 60 + 61), "Sun 01:01");
    }

    #[test]
    fn the_shortest_distance_goes_round_the_week() {
        let distance = |text: &str| Schedule::read(text).unwrap().shortest_distance();
        assert_eq!(distance("*/3 * * * *"), 3);
        assert_eq!(distance("0,50 * * * *"), 10);
        assert_eq!(distance("0 0 * * MON"), WEEK);
        assert_eq!(distance("0 0 * 2 *"), WEEK);
    }

    #[test]
    fn only_what_says_how_often_is_shifted() {
        let shifted = |text: &str| Schedule::read(text).unwrap().shifted(2).unwrap().line();
        assert_eq!(shifted("*/5 8-18 * * 1-5"), "2-59/5 8-18 * * 1-5");
        for text in ["0 * * * *", "*/7 * * * *", "* * * * *", "1-59/3 * * * *"] {
            assert_eq!(shifted(text), text);
        }
        let all = |text: &str| Schedule::read(text).unwrap().minutes().len();
        assert_eq!(all("*/5 * * * *"), all("2-59/5 * * * *"));
    }
}
