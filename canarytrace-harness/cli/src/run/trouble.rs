//! What can go wrong before there are monitors to run, each kind with an exit code of its own.

use std::fmt;
use std::io;
use std::path::Path;

use canarytrace::exit_code;

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Options or arguments that don't go together.
    Usage,
    /// The git server refused token or key, or wants one.
    Credentials,
    /// The git server does not answer.
    Unreachable,
    /// The git server's host key is unknown, or its certificate is not to be trusted.
    NotTrusted,
    /// The git server's host key is another one than the one that is trusted.
    HostKeyChanged,
    /// No such repository, or git failed otherwise.
    Clone,
    /// No such branch, tag or commit.
    Revision,
    /// No package with monitors.
    Package,
    /// The monitors could not be built.
    Build,
    /// No toolchain.
    Toolchain,
    /// Nothing in the cache, and nothing may be built.
    NotBuilt,
    /// The cache can't be read or written.
    Cache,
    /// The executable can't be started.
    Executable,
}

impl Kind {
    /// One of `exit_code::RUN`, or `USAGE`.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Usage => exit_code::USAGE,
            Self::Credentials => exit_code::CREDENTIALS_REFUSED,
            Self::Unreachable => exit_code::GIT_UNREACHABLE,
            Self::NotTrusted => exit_code::HOST_NOT_TRUSTED,
            Self::HostKeyChanged => exit_code::HOST_KEY_CHANGED,
            Self::Clone => exit_code::CLONE_FAILED,
            Self::Revision => exit_code::UNKNOWN_REVISION,
            Self::Package => exit_code::NO_MONITORS_PACKAGE,
            Self::Build => exit_code::BUILD_FAILED,
            Self::Toolchain => exit_code::NO_TOOLCHAIN,
            Self::NotBuilt => exit_code::NOT_BUILT,
            Self::Cache => exit_code::CACHE_FAILED,
            Self::Executable => exit_code::NOT_EXECUTABLE,
        }
    }
}

/// Why there are no monitors to run.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    /// What happened, where, and what to do.
    pub(super) message: String,
    /// More of it for documents: what the compiler said, which a person has seen already.
    pub(super) details: String,
}

impl Trouble {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: String::new() }
    }

    /// The cache can't be used: what was tried, at which path, and why it failed.
    pub(super) fn cache(what: &str, path: &Path, error: impl fmt::Display) -> Self {
        let message = format!(
            "the build cache can't be used: {} can't be {what}: {error}; CANARYTRACE_BUILD_CACHE names its folder",
            path.display()
        );
        Self::new(Kind::Cache, message)
    }

    /// Message and details.
    pub(super) fn whole(&self) -> String {
        if self.details.is_empty() { self.message.clone() } else { format!("{}\n{}", self.message, self.details) }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

pub(super) type Outcome<T> = Result<T, Trouble>;

/// Names what failed in the cache, and where.
pub(super) trait InCache<T> {
    fn in_cache(self, what: &str, path: &Path) -> Outcome<T>;
}

impl<T> InCache<T> for io::Result<T> {
    fn in_cache(self, what: &str, path: &Path) -> Outcome<T> {
        self.map_err(|error| Trouble::cache(what, path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_documented_code_of_its_own() {
        const KINDS: [Kind; 12] = [
            Kind::Credentials,
            Kind::Unreachable,
            Kind::NotTrusted,
            Kind::HostKeyChanged,
            Kind::Clone,
            Kind::Revision,
            Kind::Package,
            Kind::Build,
            Kind::Toolchain,
            Kind::NotBuilt,
            Kind::Cache,
            Kind::Executable,
        ];
        let documented: Vec<u8> = exit_code::RUN.iter().map(|(code, _, _)| *code).collect();
        assert_eq!(KINDS.map(Kind::exit_code).to_vec(), documented);
    }
}
