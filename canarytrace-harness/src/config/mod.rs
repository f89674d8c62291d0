//! Every option, typed, from environment and `canarytrace.toml`. Nothing else reads the environment.
//!
//! Reading has two steps: `raw` collects what was given and where, `values` says what it means. The environment wins
//! over the file; every wrong value is named in one error.

mod attachment_store;
mod audit;
mod cloud_id;
mod error;
mod git_repository;
mod load;
mod options;
mod param;
mod preparation;
mod raw;
mod surroundings;
mod table;
mod throttle;
mod types;
mod url_pattern;
mod values;

pub use attachment_store::{AttachmentStore, AttachmentsUrl, S3Store};
pub use audit::{AuditKeep, AuditLogLevel, AuditMode, AuditThrottling, SCORED_AUDITS, ScoreCondition};
pub use cloud_id::CloudId;
pub(crate) use error::did_you_mean;
pub use error::{ConfigError, Place, Problem};
pub use git_repository::GitRepository;
pub use load::HARMLESS_VARIABLES;
pub(crate) use load::secrets_of_url;
pub use options::{Config, Fallback, OPTIONS, OptionDef, Shown};
pub use param::GivenParam;
pub use table::options_table;
pub use throttle::{PRESETS, Preset, Throttle};
pub use types::{BasicAuth, Device, Keep, Mode, Pause, Target};
pub use url_pattern::{PatternText, UrlPattern, all};
pub(crate) use values::{parse_duration, parse_http_url, parse_switch};

#[cfg(test)]
mod tests;
