//! The parameters of a monitor: looked up before its browser starts, secret ones masked from then on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::monitor::{ParamDef, Result};
use crate::config::Config;
use crate::record::Failure;

/// The parameters of a monitor with their values.
#[derive(Clone, Default)]
pub(crate) struct Params(Arc<BTreeMap<&'static str, SecretString>>);

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some are secrets.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Params {
    /// Looks every declared parameter up.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) naming every parameter that has neither value nor default.
    pub(crate) fn resolve(declared: &[ParamDef], config: &Config) -> Result<Self> {
        let mut missing = Vec::new();
        let mut values = BTreeMap::new();
        for param in declared {
            match config.param(param.name).or_else(|| param.default.map(str::to_owned)) {
                Some(value) => {
                    values.insert(param.name, SecretString::from(value));
                }
                None => missing.push(format!(
                    "parameter {0} has no value: set the environment variable {1}, or {0} under [params] in canarytrace.toml",
                    param.name,
                    param.name.to_uppercase()
                )),
            }
        }
        if missing.is_empty() { Ok(Self(Arc::new(values))) } else { Err(Failure::harness(missing.join("\n"))) }
    }

    /// The values of those that are declared secret.
    pub(crate) fn secrets(&self, declared: &[ParamDef]) -> Vec<SecretString> {
        declared.iter().filter(|param| param.secret).filter_map(|param| self.0.get(param.name).cloned()).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Result<&str> {
        self.0.get(name).map(ExposeSecret::expose_secret).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().copied().collect();
            Failure::harness(format!(
                "the monitor declares no parameter \"{name}\"; it declares: {}",
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            ))
        })
    }
}
