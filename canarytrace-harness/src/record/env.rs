//! Dataset `env`: what the run was configured with.

use std::collections::BTreeMap;

use super::document::{Mapping, document};

document! {
    /// The options of a run (`ENV_PRINT=allow`): those of Canarytrace and a short allow-list, secrets masked.
    pub struct Env = "env" {
        /// Name and value of each variable.
        env: BTreeMap<String, String> => "env": Mapping::NotIndexed,
        /// Version of Canarytrace.
        version: &'static str => "version": Mapping::Keyword,
        /// Operating system and processor architecture.
        platform: String => "platform": Mapping::Keyword,
    }
}
