//! Every option, typed, from environment and `canarytrace.toml`. Nothing else reads the environment.
//!
//! Reading has two steps: `raw` collects what was given and where, `values` says what it means. The environment wins
//! over the file; every wrong value is named in one error.

mod error;
mod load;
mod options;
mod raw;
mod surroundings;
mod table;
mod types;
mod values;

pub use error::{ConfigError, Place, Problem};
pub use load::HARMLESS_VARIABLES;
pub use options::{Config, Fallback, OPTIONS, OptionDef, Shown};
pub use table::options_table;
pub use types::{BasicAuth, Device, Mode, Pause, Target};

#[cfg(test)]
mod tests;
