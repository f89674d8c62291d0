//! What a build depends on.

use canarytrace::config::Config;
use serde::{Deserialize, Serialize};

use crate::run::digest;

/// Increased when entries of before can't be used any more.
const FORMAT: u32 = 1;

/// What of a build the options decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::run) struct Variant {
    format: u32,
    /// As asked for; none is the usual one.
    pub(in crate::run) package: Option<String>,
    pub(in crate::run) features: Vec<String>,
    pub(in crate::run) profile: String,
    pub(in crate::run) target: Option<String>,
}

impl Variant {
    pub(in crate::run) fn of(config: &Config) -> Self {
        let mut features = config.build_features.clone();
        features.sort();
        features.dedup();
        Self {
            format: FORMAT,
            package: config.monitors_package.clone(),
            features,
            profile: config.build_profile.clone(),
            target: config.build_target.clone(),
        }
    }

    /// As one text.
    pub(in crate::run) fn text(&self) -> String {
        // A struct of texts is always JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Everything that a build depends on.
#[derive(Clone, Debug)]
pub(in crate::run) struct Key<'a> {
    pub(in crate::run) commit: &'a str,
    /// SHA-256 of `Cargo.lock`, or nothing where the repository has none.
    pub(in crate::run) lock_file: &'a str,
    /// What the compiler says of itself, and the flags it is given.
    pub(in crate::run) toolchain: &'a str,
    pub(in crate::run) variant: &'a Variant,
}

impl Key<'_> {
    /// Name of the entry's folder.
    pub(in crate::run) fn name(&self) -> String {
        let Self { commit, lock_file, toolchain, variant } = self;
        digest::short(&format!("{commit}\n{lock_file}\n{}\n{toolchain}", variant.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_build_depends_on_changes_its_key() {
        let variant = |env: &[(&str, &str)]| {
            let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Variant::of(&Config::from_parts(env, None).unwrap())
        };
        let usual = variant(&[]);
        let key = Key { commit: "c0ffee", lock_file: "1", toolchain: "rustc 1.95", variant: &usual };
        let others = [
            Key { commit: "decade", ..key.clone() }.name(),
            Key { lock_file: "2", ..key.clone() }.name(),
            Key { toolchain: "rustc 1.96", ..key.clone() }.name(),
            Key { variant: &variant(&[("CANARYTRACE_BUILD_FEATURES", "a")]), ..key.clone() }.name(),
            Key { variant: &variant(&[("CANARYTRACE_BUILD_PROFILE", "release")]), ..key.clone() }.name(),
            Key { variant: &variant(&[("CANARYTRACE_BUILD_TARGET", "x")]), ..key.clone() }.name(),
            Key { variant: &variant(&[("MONITORS_PACKAGE", "shop")]), ..key.clone() }.name(),
        ];
        assert!(others.iter().all(|other| *other != key.name()));
        let order = [("CANARYTRACE_BUILD_FEATURES", "b, a,a")];
        assert_eq!(variant(&order), variant(&[("CANARYTRACE_BUILD_FEATURES", "a,b")]));
    }
}
