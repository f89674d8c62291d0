//! Who tells people, or programs, how a session goes: the console, or lines of the Elastic Common Schema.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use libtest_mimic::{Arguments, ColorSetting, FormatSetting};

use super::console::{Console, Style};
use super::ecs::Ecs;
use super::exit_code;
use super::stop::Stop;
use crate::config::{Config, LogFormat};
use crate::run::Bus;

/// What the arguments and options make of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    style: Style,
    pub(crate) ecs: bool,
}

impl Output {
    /// # Errors
    /// A form that libtest has and we don't.
    pub(crate) fn of(arguments: &Arguments, config: &Config) -> Result<Self, Stop> {
        let style = match (arguments.quiet, arguments.format) {
            (true, _) | (_, Some(FormatSetting::Terse)) => Style::Terse,
            (_, None | Some(FormatSetting::Pretty)) => Style::Pretty,
            (_, Some(_)) => {
                let advice = "set CANARYTRACE_JUNIT=FILE for a report that programs read";
                return Err(Stop::new(exit_code::USAGE, format!("--format json is not offered: {advice}")));
            }
        };
        // Whoever starts the test target says `ecs` where `auto` is to mean it.
        Ok(Self { style, ecs: config.log_format == LogFormat::Ecs })
    }

    /// Adds the consumer of a session that runs nothing.
    pub(crate) fn add_empty(self, bus: &Bus, runs: PathBuf) {
        if self.ecs {
            bus.add(Ecs::new(io::stdout(), runs));
        } else {
            bus.add(Console::new(io::stdout(), self.style, false, false, runs));
        }
    }

    /// Adds the consumer of a session. `hold_back` says that several monitors run at once; what can't be written to `runs`
    /// lies in `fallback`.
    ///
    /// # Errors
    /// When the file of `--logfile` can't be made.
    pub(crate) fn add(
        self,
        bus: &Bus,
        arguments: &Arguments,
        hold_back: bool,
        runs: PathBuf,
        fallback: PathBuf,
    ) -> Result<(), Stop> {
        let out: Box<dyn Write + Send> = match &arguments.logfile {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(File::create(path).map_err(|error| {
                Stop::new(exit_code::USAGE, format!("--logfile {path} could not be created: {error}"))
            })?),
        };
        if self.ecs {
            bus.add(Ecs::new(out, runs));
            return Ok(());
        }
        let color = match arguments.color {
            Some(ColorSetting::Always) => true,
            Some(ColorSetting::Never) => false,
            Some(ColorSetting::Auto) | None => arguments.logfile.is_none() && io::stdout().is_terminal(),
        };
        bus.add(Console::new(out, self.style, color, hold_back, runs).or_in(fallback));
        Ok(())
    }
}
