//! The command line: start, status, stop.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::folder::Folder;
use super::home::Home;
use super::port::Port;
use super::product::Product;
use super::start::{Options, start};
use super::state::State;
use crate::print;

/// Run a real Elasticsearch or OpenSearch on this machine, without Docker
///
/// It is fetched once with Maven and needs Java (17 for Elasticsearch, 21 for
/// OpenSearch). It listens on localhost only.
#[expect(clippy::doc_markdown, reason = "it is the text of --help")]
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Folder for what is fetched and for the servers
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Start(Start),
    Status,
    Stop(Stop),
}

/// Start it, unless it runs, and return when it answers
#[derive(Debug, Args)]
struct Start {
    /// Which product
    #[arg(long, value_enum, default_value_t = Product::Elasticsearch)]
    product: Product,
    /// HTTPS, users and roles; Elasticsearch only
    #[arg(long)]
    security: bool,
    /// Port; else the first free one from 9200 on
    #[arg(long)]
    port: Option<u16>,
    /// Most memory of its heap, MB
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(256..))]
    heap: u32,
}

/// End what runs; the data stay
#[derive(Debug, Args)]
struct Stop {
    /// Which product; else all
    #[arg(long, value_enum)]
    product: Option<Product>,
    /// Remove the data too
    #[arg(long)]
    wipe: bool,
}

/// Those that this command starts.
const PRODUCTS: [Product; 2] = [Product::Elasticsearch, Product::OpenSearch];

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let home = match &arguments.home {
        Some(folder) => Home::at(folder)?,
        None => Home::usual()?,
    };
    match &arguments.command {
        Command::Start(arguments) => started(&home, arguments),
        Command::Status => status(&home),
        Command::Stop(arguments) => stopped(&home, arguments),
    }
}

fn started(home: &Home, arguments: &Start) -> anyhow::Result<()> {
    let folder = home.folder_of(arguments.product);
    if let Some(state) = folder.running()? {
        if arguments.security != state.admin.is_some()
            || arguments.port.is_some_and(|port| Some(port) != state.url.port())
        {
            bail!(
                "{} runs already, and not as wanted, at {}: `canarytrace dev-server stop` ends it",
                state.product,
                state.url
            );
        }
        return print::out(&format!("it runs already\n{}", described(&folder, &state)));
    }
    let port = match arguments.port {
        Some(number) => {
            Port::exactly(home, number)?.with_context(|| format!("the port {number} of localhost is in use"))?
        }
        None => Port::free(home)?,
    };
    let options = Options { security: arguments.security, heap: arguments.heap, ..Options::of(arguments.product) };
    let began = Instant::now();
    let say = |line: &str| {
        let _ = writeln!(io::stderr(), "{line}");
    };
    let state = start(&folder, options, &port, &say)?;
    say(&format!("it answers after {:.0} s", began.elapsed().as_secs_f64()));
    print::out(&described(&folder, &state))
}

/// How it is used.
fn described(folder: &Folder, state: &State) -> String {
    let mut text = format!(
        "{} {} at {}\n  memory   {} MB\n  folder   {}\n  state    {}\n",
        state.product,
        state.version,
        state.url,
        folder.memory() / 1024 / 1024,
        folder.path().display(),
        folder.state_file().display(),
    );
    let mut options = vec![format!("ELASTIC_CLUSTER={}", state.url)];
    if let Some((user, password)) = &state.admin {
        options.push(format!("ELASTIC_HTTP_AUTH={user}:{password}"));
    }
    if let Some(ca) = &state.ca {
        options.push(format!("CANARYTRACE_ELASTIC_CA={}", ca.display()));
    }
    text.push_str("  monitors ");
    text.push_str(&options.join(" \\\n           "));
    text.push_str(" \\\n           cargo test\n");
    text
}

fn status(home: &Home) -> anyhow::Result<()> {
    let mut text = String::new();
    for product in PRODUCTS {
        let folder = home.folder_of(product);
        match folder.running()? {
            Some(state) => text.push_str(&described(&folder, &state)),
            None => {
                // Writing to a String can't fail.
                let _ = writeln!(text, "{product} does not run");
            }
        }
    }
    print::out(&text)
}

fn stopped(home: &Home, arguments: &Stop) -> anyhow::Result<()> {
    for product in PRODUCTS.into_iter().filter(|product| arguments.product.is_none_or(|wanted| wanted == *product)) {
        let folder = home.folder_of(product);
        let ran = folder.stop()?;
        let is_there = folder.path().exists();
        if arguments.wipe {
            folder.wipe()?;
        }
        let outcome = match (ran, is_there, arguments.wipe) {
            (true, _, true) => "ended, its data are removed".to_owned(),
            (true, _, false) => format!("ended, its data stay in {}", folder.path().display()),
            (false, true, true) => "did not run, its data are removed".to_owned(),
            (false, ..) => "did not run".to_owned(),
        };
        print::out(&format!("{product} {outcome}\n"))?;
    }
    Ok(())
}
