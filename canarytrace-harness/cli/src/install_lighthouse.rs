//! `canarytrace install-lighthouse`: what `PT_AUDIT=allow` needs, into the cache.

use std::io::{self, Write as _};
use std::sync::Arc;

use anyhow::anyhow;
use canarytrace::audit::install;
use canarytrace::browser::launch::Notices;
use canarytrace::config::Config;
use clap::Args;

/// Install Lighthouse for audits (`PT_AUDIT=allow`), at the version that is
/// pinned, into the cache
///
/// Needs Node.js 18.16 or later and npm. Nothing happens when it is there.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load()?;
    let notices: Notices = Arc::new(|line| {
        let _ = writeln!(io::stderr(), "{line}");
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let version = runtime.block_on(install::install(&config, &notices)).map_err(|failure| anyhow!(failure.message))?;
    writeln!(io::stdout(), "Lighthouse {version} is in {}", install::folder(&config).display())?;
    Ok(())
}
