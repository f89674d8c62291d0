//! Names of data streams and of what belongs to them.

use crate::config::Config;

/// How what is ours in a cluster is named: `<prefix><dataset>-<namespace>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// `INDEX_PREFIX`.
    pub prefix: String,
    /// `CANARYTRACE_NAMESPACE`.
    pub namespace: String,
}

impl Names {
    /// As the options want them.
    pub fn of(config: &Config) -> Self {
        Self { prefix: config.index_prefix.clone(), namespace: config.namespace.clone() }
    }

    /// The data stream of a dataset: `c.report-default`.
    pub fn stream(&self, dataset: &str) -> String {
        format!("{}{dataset}-{}", self.prefix, self.namespace)
    }

    /// What readers of a dataset search in: our data streams of every namespace and the original's daily indices:
    /// `c.report-*`.
    pub fn pattern(&self, dataset: &str) -> String {
        format!("{}{dataset}-*", self.prefix)
    }
}
