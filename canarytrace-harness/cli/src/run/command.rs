//! The command: where the monitors come from, and what comes of it.

use std::ffi::OsString;
use std::path::PathBuf;

use canarytrace::config::{Config, Mode};
use canarytrace::record::Redactor;
use clap::Args;

use super::baked::{baked, smoke};
use super::from_git::{Build, from_git};
use super::monitors::Monitors;
use super::phases::Phases;
use super::progress::Progress;
use super::report::report;
use super::signals::Signals;
use super::trouble::{Kind, Outcome, Trouble};

/// Clone the monitors, build them unless the cache has them, and run them: a
/// container's command
///
/// `GIT_REPOSITORY` and `GIT_REVISION` say what is cloned. With SPEC that one monitor
/// is run, without it the URLs of `BASE_URL` (MODE=smoke), for which no
/// repository is needed. This process becomes that of the monitors, so its exit
/// code is theirs; README.md has those of everything before.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Run this executable with monitors: nothing is cloned and built; else
    /// `CANARYTRACE_MONITORS`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["build_only", "no_build"])]
    executable: Option<PathBuf>,
    /// Build what the cache does not have, and run nothing: for an init container
    /// or a Job that follows a branch
    #[arg(long, conflicts_with = "no_build")]
    build_only: bool,
    /// Never build: for a pod that measures. What is not in the cache is waited
    /// for as long as `CANARYTRACE_BUILD_WAIT` says
    #[arg(long)]
    no_build: bool,
    /// Arguments for the monitors' executable
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

/// Does it. Returns, with the exit code, only when the monitors were not begun or are not wanted.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let mut phases = Phases::start();
    let config = Config::load()?;
    let signals = Signals::listen()?;
    let progress = Progress::new(Redactor::new(config.secrets()));
    config.warnings.iter().for_each(|warning| progress.say(warning));
    let trouble = match prepare(arguments, &config, &mut phases, &progress, &signals) {
        Ok(None) => {
            progress.say(&format!("the cache has the monitors: {}", phases.words()));
            progress.end();
            return Ok(0);
        }
        Ok(Some(monitors)) => {
            progress.say(&format!("the monitors are there: {}", phases.words()));
            progress.end();
            monitors.run(&config, &phases)
        }
        Err(trouble) => trouble,
    };
    progress.end();
    let nobody = if arguments.build_only { "build" } else { "smoke" };
    let monitor = config.spec.clone().unwrap_or_else(|| nobody.to_owned());
    Ok(report(config, &monitor, &trouble, &phases, &progress))
}

/// What is to be run; nothing after a mere build.
fn prepare(
    arguments: &Arguments,
    config: &Config,
    phases: &mut Phases,
    progress: &Progress,
    signals: &Signals,
) -> Outcome<Option<Monitors>> {
    let given = arguments.arguments.clone();
    let build = match (arguments.build_only, arguments.no_build) {
        (true, _) => Build::Only,
        (_, true) => Build::Never,
        _ => Build::IfNeeded,
    };
    let is_cloned = build != Build::IfNeeded;
    if let Some(executable) = arguments.executable.as_ref().or(config.monitors.as_ref().filter(|_| !is_cloned)) {
        return baked(executable, given).map(Some);
    }
    let Some(repository) = &config.git_repository else {
        let is_smoke = config.spec.is_none() && (!config.is_given("MODE") || config.mode == Mode::Smoke);
        if is_smoke && !is_cloned {
            return smoke(given).map(Some);
        }
        let message = "there are no monitors to run: GIT_REPOSITORY names the repository that holds them, or \
                       CANARYTRACE_MONITORS (--executable) the executable";
        return Err(Trouble::new(Kind::Usage, message));
    };
    let ready = from_git(repository, build, config, phases, progress, signals)?;
    ready.map(|ready| ready.monitors(given)).transpose()
}
