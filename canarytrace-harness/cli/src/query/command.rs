//! The command `canarytrace query`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use canarytrace::config::Config;
use canarytrace::elastic::{Client, Names, Settings};
use canarytrace::spool::{DATASETS_FILE, read_datasets};
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::dsl::Cluster;
use super::json::parse_json;
use super::model::{Answer, Query};
use super::plan::Plan;
use super::published::{PUBLISHED, published};
use super::schema::Schemas;
use super::sqlite::{Index, Places};
use super::table;
use super::text::parse_text;
use crate::{print, say};

/// Ask what runs wrote: a published query by its name, or one of your own
///
/// Without a query, the names of the published ones are listed. Your own:
///
///   canarytrace query --dataset report --free 'passed:false AND errType:timeout'
///   canarytrace query --free 'entryType:navigation | from performance-entries
///       | since now-1d | by monitor.name | percentiles responseTime 50 95'
///
/// Conditions: field:word, field:"a text", field:*css, field:>=5,
/// field:[1 TO 5}, `_exists_:field`, with AND, OR, NOT and parentheses.
/// Clauses: from, since, until, run, monitor, sort, size, by, count, min, max,
/// avg, sum, percentiles.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Name of a published query
    #[arg(conflicts_with_all = ["free", "json"])]
    name: Option<String>,
    /// Another value for a parameter of a published query
    #[arg(long, value_name = "NAME=VALUE", requires = "name")]
    set: Vec<String>,
    /// A query of your own
    #[arg(long, value_name = "TEXT", conflicts_with = "json")]
    free: Option<String>,
    /// A query of your own, as JSON in a file; - is standard input
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where to look; several with commas between them
    #[arg(long, value_name = "DATASET", value_delimiter = ',')]
    dataset: Vec<String>,
    /// Only what was made then or later: now-1h, 2026-01-31, ...
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Only what was made then or earlier
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
    /// Only of this run
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only of this monitor
    #[arg(long, value_name = "NAME")]
    monitor: Option<String>,
    /// How many documents to show
    #[arg(long, value_name = "N")]
    size: Option<usize>,
    /// How to show them
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Ask the cluster of `ELASTIC_CLUSTER`, not the runs on disk
    #[arg(long, conflicts_with = "data")]
    cluster: bool,
    /// Data folder to look in; else `CANARYTRACE_DATA`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// How answers are shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people, 80 columns wide
    Table,
    /// All of it as one JSON
    Json,
    /// A document a line
    Ndjson,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Some(query) = query(arguments)? else { return print::out(&names()) };
    let config = Config::load()?;
    let data = arguments.data.clone().unwrap_or_else(|| config.data.clone());
    if arguments.data.is_some() && !data.is_dir() {
        bail!("{} is no folder", data.display());
    }
    let mut schemas = Schemas::default();
    let own = data.join(DATASETS_FILE);
    if own.exists() {
        read_datasets(&own)?.iter().for_each(|dataset| schemas.insert(dataset));
    }
    let plan = Plan::new(&query, &schemas, Timestamp::now())?;
    for note in &plan.notes {
        say::warning(note);
    }
    let answer = if arguments.cluster {
        ask_cluster(&config, &plan)?
    } else {
        let runs = vec![data.join("runs"), config.fallback_folder().join("runs")];
        let (answer, damage) = Index::answer(&Places { data, runs }, &plan)?;
        for damage in damage {
            say::warning(&damage);
        }
        answer
    };
    print::out(&match arguments.format {
        Format::Table => table::table(&query, &answer),
        Format::Json => table::json(&answer),
        Format::Ndjson => table::ndjson(&answer),
    })
}

fn ask_cluster(config: &Config, plan: &Plan) -> anyhow::Result<Answer> {
    let Some(settings) = Settings::of(config)? else {
        bail!("--cluster: no cluster is given; set ELASTIC_CLUSTER to its URL, such as https://elastic.example:9200");
    };
    let client = Client::new(&settings)?;
    let names = Names::of(config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("the runtime could not start")?.block_on(Cluster::new(&client, &names).search(plan))?)
}

/// What is asked; none when only the names are wanted.
fn query(arguments: &Arguments) -> anyhow::Result<Option<Query>> {
    let mut query = if let Some(name) = &arguments.name {
        let values = arguments.set.iter().map(|set| {
            let (name, value) = set.split_once('=').with_context(|| format!("--set {set}: NAME=VALUE is wanted"))?;
            Ok((name.to_owned(), value.to_owned()))
        });
        published(name, &values.collect::<anyhow::Result<BTreeMap<_, _>>>()?)?
    } else if let Some(text) = &arguments.free {
        parse_text(text).context("--free")?
    } else if let Some(file) = &arguments.json {
        let mut text = String::new();
        let read = if file.as_os_str() == "-" {
            io::stdin().read_to_string(&mut text).map(drop)
        } else {
            std::fs::read_to_string(file).map(|read| text = read)
        };
        read.with_context(|| format!("{} can't be read", file.display()))?;
        parse_json(&text).with_context(|| file.display().to_string())?
    } else if !arguments.dataset.is_empty() {
        parse_text("")?
    } else {
        return Ok(None);
    };
    if !arguments.dataset.is_empty() {
        query.datasets.clone_from(&arguments.dataset);
    }
    let replace = |old: &mut Option<String>, new: &Option<String>| {
        if new.is_some() {
            old.clone_from(new);
        }
    };
    replace(&mut query.since, &arguments.since);
    replace(&mut query.until, &arguments.until);
    replace(&mut query.run, &arguments.run);
    replace(&mut query.monitor, &arguments.monitor);
    query.size = arguments.size.unwrap_or(query.size);
    Ok(Some(query))
}

fn names() -> String {
    let mut text = String::from("canarytrace query NAME, one of:\n");
    for query in PUBLISHED {
        // Writing to a String can't fail.
        let _ = writeln!(text, "\n  {}", query.name);
        text += &print::wrap(&format!("{} ({})", query.doc, query.dataset), "      ");
        let params = query.parts.iter().map(|part| format!("{}={}", part.param, part.default.unwrap_or("")));
        text += &print::wrap(&format!("--set {}", params.collect::<Vec<_>>().join(" ")), "      ");
    }
    text + "\nor --free TEXT, one of your own; --help explains it.\n"
}
