//! Defaults that depend on the machine and on where the executable lies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What computed defaults may look at.
pub(super) struct Surroundings {
    pub(super) env: BTreeMap<String, String>,
    pub(super) executable: Option<PathBuf>,
}

impl Surroundings {
    /// An absolute path in a variable; the XDG base directory specification says to ignore relative ones.
    fn folder(&self, variable: &str) -> Option<PathBuf> {
        self.env.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// `CANARYTRACE_DATA`: beside the build when it is one, so that `cargo test` leaves its runs in the project.
    pub(super) fn data(&self) -> String {
        let beside_build = self.executable.as_deref().and_then(target_folder).map(|target| target.join("canarytrace"));
        text(&beside_build.unwrap_or_else(|| self.xdg("XDG_DATA_HOME", ".local/share", "data")))
    }

    /// `CANARYTRACE_CACHE`.
    pub(super) fn cache(&self) -> String {
        text(&self.xdg("XDG_CACHE_HOME", ".cache", "cache"))
    }

    /// `CANARYTRACE_BUILD_CACHE`.
    pub(super) fn build_cache(&self) -> String {
        text(&self.xdg("XDG_CACHE_HOME", ".cache", "cache").join("builds"))
    }

    fn xdg(&self, variable: &str, below_home: &str, last_resort: &str) -> PathBuf {
        match self.folder(variable).or_else(|| self.folder("HOME").map(|home| home.join(below_home))) {
            Some(folder) => folder.join("canarytrace"),
            // A container's user often has no home.
            None => temp(&self.env).join(format!("canarytrace-{}", user_id())).join(last_resort),
        }
    }

    /// `CANARYTRACE_LOCATION`: the host's name, which in Kubernetes is the pod's.
    #[expect(clippy::unused_self, reason = "computed defaults share one signature")]
    pub(super) fn location(&self) -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

/// The folder for temporary files.
pub(super) fn temp(env: &BTreeMap<String, String>) -> PathBuf {
    env.get("TMPDIR").map(PathBuf::from).filter(|path| path.is_absolute()).unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// The user we run as.
pub(super) fn user_id() -> u32 {
    rustix::process::getuid().as_raw()
}

/// The cargo target folder that an executable lies in: cargo marks it with a `CACHEDIR.TAG`.
fn target_folder(executable: &Path) -> Option<&Path> {
    let is_target = |folder: &&Path| {
        std::fs::read_to_string(folder.join("CACHEDIR.TAG")).is_ok_and(|tag| tag.contains("created by cargo"))
    };
    executable.ancestors().skip(1).find(is_target)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(env: &[(&str, &str)], executable: Option<PathBuf>) -> String {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Surroundings { env, executable }.data()
    }

    #[test]
    fn runs_of_a_cargo_build_lie_in_its_target_folder() {
        let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
        let expected = target.join("canarytrace").to_string_lossy().into_owned();
        assert_eq!(data(&[("XDG_DATA_HOME", "/x")], std::env::current_exe().ok()), expected);
    }

    #[test]
    fn runs_of_an_installed_executable_lie_where_xdg_says() {
        let executable = || Some(PathBuf::from("/usr/bin/canarytrace"));
        assert_eq!(data(&[("XDG_DATA_HOME", "/x"), ("HOME", "/h")], executable()), "/x/canarytrace");
        assert_eq!(data(&[("XDG_DATA_HOME", "x"), ("HOME", "/h")], executable()), "/h/.local/share/canarytrace");
        assert_eq!(data(&[("TMPDIR", "/t")], None), format!("/t/canarytrace-{}/data", user_id()));
    }
}
