//! `canarytrace runs`: the runs on disk, a line each.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use canarytrace::harness::readable;
use clap::Args;
use uuid::Uuid;

use crate::print;
use crate::say;
use crate::stored::{Places, started};

/// List the runs on disk, the newest last: time, id, outcome, duration, monitor
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Data folder to look in; else `CANARYTRACE_DATA`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// The part of an id that holds its millisecond: fewer characters would rarely be one run's alone.
const SHORTEST_ID: usize = 13;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let places = Places::new(arguments.data.as_deref())?;
    let found = places.find()?;
    if found.is_empty() {
        let _ = writeln!(io::stderr(), "no runs in {}", places.runs_folder().display());
        return Ok(());
    }
    let ids: Vec<Uuid> = found.iter().map(|found| found.uuid).collect();
    let id_length = unique_length(&ids);
    let mut text = String::new();
    for found in &found {
        let run = found.read();
        for damage in &run.damage {
            say::warning(damage);
        }
        let line = format!(
            "{}  {}  {:8}  {:>7}  ",
            started(found.uuid, "%d %b %H:%M:%S"),
            &found.uuid.to_string()[..id_length],
            run.end(),
            run.duration().map(readable).unwrap_or_default(),
        );
        let room = print::WIDTH.saturating_sub(line.chars().count());
        // Writing to a String can't fail.
        let _ = writeln!(text, "{line}{}", print::shorten(run.monitor().unwrap_or("no documents"), room));
        if let Some((kind, _fault, message)) = run.failure(None) {
            let first = format!("{kind}: {}", message.lines().next().unwrap_or_default());
            let _ = writeln!(text, "    {}", print::shorten(&first, print::WIDTH - 4));
        }
    }
    print::out(&text)
}

/// How many characters of each id, beginning with the first, tell it from every other. They are sorted.
fn unique_length(ids: &[Uuid]) -> usize {
    let texts: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let common = |pair: &[String]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    texts.windows(2).map(|pair| common(pair) + 1).fold(SHORTEST_ID, usize::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_as_long_as_it_takes_to_tell_them_apart() {
        let id = |text: &str| text.parse::<Uuid>().unwrap();
        let ids = [
            id("01890000-0000-7000-8000-000000000000"),
            id("01890000-0001-7000-8000-000000000000"),
            id("01890000-0001-7a00-8000-000000000000"),
        ];
        assert_eq!(unique_length(&ids[..1]), 13);
        assert_eq!(unique_length(&ids[..2]), 13);
        assert_eq!(unique_length(&ids), 16);
    }
}
