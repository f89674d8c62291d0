//! The command `canarytrace install`: arguments, what it prints.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use canarytrace::config::Config;
use canarytrace::elastic::templates::{COMPONENT_VERSION, PRIORITY, Retention, Wanted};
use canarytrace::elastic::{Client, Names, Settings};
use canarytrace::spool::{DATASETS_FILE, read_datasets};
use clap::Args;

use super::apply::{self, Installed};
use super::cluster::Cluster;
use super::plan::Plan;
use super::roles::{RoleForm, print_roles};
use super::snapshots::{self, Repository};
use super::wait::{self, Progress};
use crate::print;

/// Put the index templates into the cluster, or bring them up to date
///
/// ELASTIC_CLUSTER, its credentials, INDEX_PREFIX and CANARYTRACE_NAMESPACE say where and how.
/// It can be done again at any time: what is as it should be is left alone.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is help for terminals")]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// How long documents are kept: `30d`, `forever`, or for one dataset `console=14d`; may be repeated
    #[arg(long, value_name = "TIME")]
    retention: Vec<String>,
    /// Policy of index lifecycle management (Elasticsearch) that is used instead of the retention; it has to be there
    #[arg(long, value_name = "POLICY", conflicts_with = "retention")]
    ilm: Option<String>,
    /// Priority of the index templates
    #[arg(long, value_name = "NUMBER", default_value_t = PRIORITY)]
    priority: u32,
    /// File with the datasets of monitors' own [default: datasets.json in the data folder, if it is there]
    #[arg(long, value_name = "FILE")]
    datasets: Option<PathBuf>,
    /// How long to wait for the cluster, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// Refuse documents with fields that have no mapping, instead of keeping these fields unindexed: for tests
    #[arg(long)]
    strict: bool,
    /// Repository for snapshots; it has to be there, unless its type is given
    #[arg(long, value_name = "NAME")]
    snapshot_repository: Option<String>,
    /// Make the repository if it is not there, of this type: `fs`, `s3`, `gcs`, `azure` or whatever the cluster knows
    #[arg(long, value_name = "TYPE", requires = "snapshot_repository")]
    snapshot_repository_type: Option<String>,
    /// Setting of a repository that is made: `location=/mnt/backup` for `fs`, `bucket=backup` for `s3`; may be repeated
    #[arg(long, value_name = "NAME=VALUE", requires = "snapshot_repository_type")]
    snapshot_setting: Vec<String>,
    /// Make a policy that stores a snapshot of our data streams in the repository each night
    #[arg(long, requires = "snapshot_repository")]
    snapshot_policy: bool,
    /// Print least-privilege roles and requests for API keys, and do nothing else
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "elasticsearch")]
    print_roles: Option<RoleForm>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load()?;
    if let Some(form) = arguments.print_roles {
        return print::out(&print_roles(&Names::of(&config), form));
    }
    let wanted = wanted(arguments, &config)?;
    let kind = arguments.snapshot_repository_type.as_deref();
    let repository = arguments.snapshot_repository.as_deref();
    let repository = repository.map(|name| Repository::of(name, kind, &arguments.snapshot_setting)).transpose()?;
    let client = client(&config)?;
    runtime()?.block_on(install(arguments, &client, &wanted, repository.as_ref()))
}

async fn install(
    arguments: &Arguments,
    client: &Client,
    wanted: &Wanted,
    repository: Option<&Repository<'_>>,
) -> anyhow::Result<()> {
    let mut progress = Progress::new();
    wait::until_ready(client, Duration::from_secs(arguments.wait), &mut progress).await?;
    let cluster = Cluster::ask(client).await?;
    if let Some(policy) = &arguments.ilm {
        snapshots::check_ilm(&cluster, policy).await?;
    }
    let snapshots = match repository {
        Some(repository) => {
            Some(snapshots::Plan::make(&cluster, &wanted.names, repository, arguments.snapshot_policy).await?)
        }
        None => None,
    };
    progress.step("comparing");
    let plan = Plan::make(&cluster, wanted).await?;
    if arguments.dry_run {
        drop(progress);
        let mut text = plan.diff();
        text += &snapshots.as_ref().map(snapshots::Plan::diff).unwrap_or_default();
        if text.is_empty() {
            return print::out(&format!("Nothing would change in {}.\n", cluster.dialect()));
        }
        return print::out(&format!("{text}\nNothing was changed in {} (--dry-run).\n", cluster.dialect()));
    }
    let installed = apply::apply(&cluster, wanted, &plan, &mut |name| progress.step(name)).await?;
    let snapshots = match &snapshots {
        Some(snapshots) => snapshots.apply(&cluster).await?,
        None => Vec::new(),
    };
    drop(progress);
    print::out(&report(&installed, &plan, &cluster, wanted, &snapshots))
}

fn report(installed: &Installed, plan: &Plan, cluster: &Cluster<'_>, wanted: &Wanted, snapshots: &[String]) -> String {
    let (product, streams) = (cluster.dialect(), wanted.names.stream("*"));
    let mut text = String::new();
    // Writing to a String can't fail.
    for note in installed.notes.iter().chain(snapshots) {
        let _ = writeln!(text, "{note}");
    }
    let _ = if installed.is_nothing() {
        write!(
            text,
            "Nothing had to change in {product}: {} templates for {streams} are up to date",
            installed.templates
        )
    } else {
        write!(
            text,
            "Installed in {product}: {} of {} templates for {streams}, all checked by simulation",
            installed.put + installed.custom,
            installed.templates + installed.custom
        )
    };
    let _ = writeln!(text, " (version {COMPONENT_VERSION}, schema {}).", plan.schema);
    if cluster.is_opensearch() {
        text += "OpenSearch keeps documents for ever unless a policy of Index State Management deletes them.\n";
    }
    text
}

fn wanted(arguments: &Arguments, config: &Config) -> anyhow::Result<Wanted> {
    let mut wanted = Wanted::new(Names::of(config));
    let file = match &arguments.datasets {
        Some(file) => Some(file.clone()),
        None => Some(config.data.join(DATASETS_FILE)).filter(|file| file.exists()),
    };
    if let Some(file) = file {
        wanted.datasets.extend(read_datasets(&file)?);
    }
    let mut retention = Retention::default();
    for text in &arguments.retention {
        retention.add(text).context("--retention")?;
    }
    if let Some(unknown) = retention.datasets().find(|name| !wanted.datasets.iter().any(|known| known.name == *name)) {
        let known = wanted.datasets.iter().map(|dataset| dataset.name.as_str()).collect::<Vec<_>>().join(", ");
        bail!("--retention: there is no dataset {unknown:?}; there are {known}");
    }
    wanted.retention = retention;
    wanted.ilm.clone_from(&arguments.ilm);
    wanted.priority = arguments.priority;
    wanted.strict = arguments.strict;
    Ok(wanted)
}

/// A client of the cluster of the options.
pub(super) fn client(config: &Config) -> anyhow::Result<Client> {
    let Some(settings) = Settings::of(config)? else {
        bail!("no cluster is given: set ELASTIC_CLUSTER to its URL, such as https://elastic.example:9200")
    };
    Ok(Client::new(&settings)?)
}

pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime could not start")
}
