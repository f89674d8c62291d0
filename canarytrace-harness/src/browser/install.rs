//! Installs browser and driver when there are none.

use super::find::{self, Pair, Search};
use super::launch::Notices;
use super::version::{self, Versions};
use crate::config::Config;
use crate::record::Failure;

/// A pair that fits together: found, else installed.
pub async fn ready(config: &Config, _notices: &Notices) -> Result<(Pair, Versions), Failure> {
    match find::find(config)? {
        Search::Found(pair) => {
            let versions = version::check(&pair).await?;
            Ok((pair, versions))
        }
        Search::Missing(what) => Err(Failure::harness(what)),
    }
}
