//! Becomes the monitors: this process is replaced by their executable, which gets signals itself and has no memory of
//! ours beside it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use canarytrace::config::{Config, OPTIONS, Shown};

use super::phases::Phases;
use super::trouble::{Kind, Trouble};

/// What is to be run, and what it is told.
#[derive(Debug)]
pub(super) struct Monitors {
    pub(super) executable: PathBuf,
    /// Working directory; ours when there is none.
    pub(super) folder: Option<PathBuf>,
    pub(super) variables: Vec<(&'static str, OsString)>,
    pub(super) arguments: Vec<OsString>,
}

impl Monitors {
    /// Replaces this process; returns only when that could not be done.
    pub(super) fn run(self, config: &Config, phases: &Phases) -> Trouble {
        let mut command = Command::new(&self.executable);
        without_credentials_of_git(&mut command);
        absolute_paths(&mut command, config);
        if !config.is_given("MODE") {
            // As in the original: without a script, only URLs.
            command.env("MODE", if config.spec.is_some() { "user-journey" } else { "smoke" });
        }
        command.envs(self.variables).args(self.arguments);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command.env("CANARYTRACE_PREPARATION", phases.so_far().to_string());
        let error = command.exec();
        let advice = "it has to be a program of this machine's kind, on a volume that is not mounted noexec";
        Trouble::new(
            Kind::Executable,
            format!("the monitors in {} can't be started: {error}; {advice}", self.executable.display()),
        )
    }
}

/// The monitors have no use for them.
fn without_credentials_of_git(command: &mut Command) {
    for option in OPTIONS.iter().filter(|option| option.env.starts_with("GIT_")) {
        match option.shown {
            Shown::Never => {
                command.env_remove(option.env).env_remove(format!("{}_FILE", option.env));
            }
            // It may hold a token; CANARYTRACE_REPOSITORY says what of it may be known.
            Shown::Masked => {
                command.env_remove(option.env);
            }
            Shown::Plain => {}
        }
    }
}

/// What was relative to our working directory stays where it is, whatever that of the monitors.
fn absolute_paths(command: &mut Command, config: &Config) {
    command.env("CANARYTRACE_DATA", &config.data);
    if let Some(file) = config.file() {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        command.env("CANARYTRACE_CONFIG", file);
    }
    let given: [(&str, Option<&Path>); 5] = [
        ("CANARYTRACE_JUNIT", config.junit.as_deref()),
        ("CANARYTRACE_ELASTIC_CA", config.elastic_ca.as_deref()),
        ("CANARYTRACE_CACHE", Some(&config.cache)),
        ("CANARYTRACE_BROWSER", config.browser.as_deref()),
        ("CANARYTRACE_CHROMEDRIVER", config.chromedriver.as_deref()),
    ];
    for (name, path) in given {
        if let Some(path) = path.filter(|_| config.is_given(name)) {
            command.env(name, path);
        }
    }
}
