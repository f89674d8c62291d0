//! `canarytrace uninstall`: what is ours in a cluster is removed, documents only when that is asked for.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::bail;
use canarytrace::config::Config;
use canarytrace::elastic::templates::{MANAGED_BY, TemplateKind, custom_component, is_ours};
use canarytrace::elastic::{Client, Method, Names, Request};
use clap::Args;
use serde_json::Value;

use super::cluster::{Cluster, is_unknown, part, reason};
use super::command::{client, runtime};
use super::plan::Present;
use crate::print;

/// Remove our index templates from the cluster
///
/// Only what `_meta` says is ours, of this INDEX_PREFIX and CANARYTRACE_NAMESPACE; @custom templates stay unless
/// they are empty. Templates of data streams that hold documents can't go before these.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is help for terminals")]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Delete the data streams too, with all their documents
    #[arg(long)]
    data: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// What is ours in a cluster, and what became of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Uninstalled {
    /// Data streams that were deleted.
    pub streams: Vec<String>,
    /// Templates that were deleted.
    pub templates: Vec<String>,
    /// Data streams whose documents stay, and with them their templates.
    pub kept_streams: Vec<String>,
    /// Templates that stay: those of data streams that stay, and the user's.
    pub kept_templates: Vec<String>,
}

/// What is ours in a cluster.
struct Found {
    streams: Vec<String>,
    indices: Vec<String>,
    components: Vec<String>,
    /// `@custom` templates that are the user's by now.
    custom: Vec<String>,
}

/// Removes what is ours, of this prefix and namespace; with `data` the data streams too.
///
/// # Errors
/// When the cluster does not answer or refuses something.
pub async fn uninstall(client: &Client, names: &Names, data: bool) -> anyhow::Result<Uninstalled> {
    let cluster = Cluster::ask(client).await?;
    let found = find(&cluster, names).await?;
    remove(&cluster, names, found, data).await
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load()?;
    let client = client(&config)?;
    runtime()?.block_on(run_with(arguments, &client, &Names::of(&config)))
}

async fn run_with(arguments: &Arguments, client: &Client, names: &Names) -> anyhow::Result<()> {
    let cluster = Cluster::ask(client).await?;
    let found = find(&cluster, names).await?;
    if found.is_empty() {
        return print::out(&format!("Nothing of ours is in {} for {}.\n", cluster.dialect(), names.stream("*")));
    }
    if arguments.dry_run {
        let streams = if arguments.data { &found.streams[..] } else { &[] };
        let lines = streams.iter().map(|stream| format!("- data stream {stream}, with its documents\n"));
        let kept = |name: &&String| arguments.data || !found.is_in_use(name, names);
        let templates = found
            .indices
            .iter()
            .map(|name| ("index", name))
            .chain(found.components.iter().map(|name| ("component", name)));
        let templates =
            templates.filter(|(_, name)| kept(name)).map(|(kind, name)| format!("- {kind} template {name}\n"));
        let text: String = lines.chain(templates).collect();
        return print::out(&format!("{text}\nNothing was removed from {} (--dry-run).\n", cluster.dialect()));
    }
    if arguments.data && !found.streams.is_empty() && !arguments.yes {
        ask(&found.streams, &cluster)?;
    }
    let done = remove(&cluster, names, found, arguments.data).await?;
    let mut text = String::new();
    // Writing to a String can't fail.
    for stream in &done.streams {
        let _ = writeln!(text, "deleted the data stream {stream} with its documents");
    }
    if !done.kept_templates.is_empty() {
        let _ = writeln!(text, "kept: {}", done.kept_templates.join(", "));
    }
    let _ = writeln!(text, "Removed {} templates from {}.", done.templates.len(), cluster.dialect());
    print::out(&text)?;
    if !done.kept_streams.is_empty() {
        bail!(
            "these data streams hold documents, so they and their templates stay: {}; --data deletes them",
            done.kept_streams.join(", ")
        );
    }
    Ok(())
}

impl Found {
    fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.indices.is_empty() && self.components.is_empty()
    }

    /// Whether a template belongs to a data stream that is there; those of all datasets belong to each.
    fn is_in_use(&self, template: &str, names: &Names) -> bool {
        let owner = template.split('@').next().unwrap_or(template);
        let of_all = owner == names.stream(MANAGED_BY);
        self.streams.iter().any(|stream| of_all || stream == owner)
    }
}

async fn find(cluster: &Cluster<'_>, names: &Names) -> anyhow::Result<Found> {
    let present = Present::look(cluster).await?;
    let mut found = Found { streams: Vec::new(), indices: Vec::new(), components: Vec::new(), custom: Vec::new() };
    for (name, template) in present.of_kind(TemplateKind::Index) {
        if is_ours(template, names) {
            found.indices.push(name.to_owned());
            // The index template of a data stream has its name.
            if let Some(indices) = cluster.get(&format!("/{}/_mapping", part(name))).await?
                && indices.as_object().is_some_and(|indices| !indices.contains_key(name) && !indices.is_empty())
            {
                found.streams.push(name.to_owned());
            }
        }
    }
    let mut custom = vec![custom_component(names, None)];
    custom.extend(found.indices.iter().map(|stream| format!("{stream}@custom")));
    for (name, template) in present.of_kind(TemplateKind::Component) {
        let is_filled = template["template"].as_object().is_some_and(|parts| parts.values().any(is_something));
        if is_ours(template, names) && !(custom.iter().any(|custom| custom == name) && is_filled) {
            found.components.push(name.to_owned());
        } else if custom.iter().any(|custom| custom == name) {
            found.custom.push(name.to_owned());
        }
    }
    Ok(found)
}

fn is_something(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| !fields.is_empty())
}

async fn remove(cluster: &Cluster<'_>, names: &Names, mut found: Found, data: bool) -> anyhow::Result<Uninstalled> {
    let mut done = Uninstalled::default();
    if data {
        for stream in std::mem::take(&mut found.streams) {
            delete_stream(cluster, &stream).await?;
            done.streams.push(stream);
        }
    }
    let kinds = [(TemplateKind::Index, &found.indices), (TemplateKind::Component, &found.components)];
    for (kind, templates) in kinds {
        for name in templates {
            if found.is_in_use(name, names) {
                done.kept_templates.push(name.clone());
            } else if let Some(reason) = delete_template(cluster, kind, name).await? {
                done.kept_templates.push(format!("{name} ({reason})"));
            } else {
                done.templates.push(name.clone());
            }
        }
    }
    done.kept_templates.extend(found.custom.iter().map(|name| format!("{name} (yours)")));
    done.kept_streams = found.streams;
    Ok(done)
}

/// Deletes a template; the reason when it is still used by templates of others.
async fn delete_template(cluster: &Cluster<'_>, kind: TemplateKind, name: &str) -> anyhow::Result<Option<String>> {
    let path = format!("/{}/{}", kind.path(), part(name));
    let reply = cluster.try_send(Request::new(Method::Delete, path.clone())).await?;
    if reply.status == 400 {
        return Ok(Some(reason(&reply)));
    }
    // Somebody else may have been quicker.
    if !reply.is_success() && reply.status != 404 {
        cluster.send(Request::new(Method::Delete, path)).await?;
    }
    Ok(None)
}

async fn delete_stream(cluster: &Cluster<'_>, stream: &str) -> anyhow::Result<()> {
    let path = format!("/_data_stream/{}", part(stream));
    let reply = cluster.try_send(Request::new(Method::Delete, path.clone())).await?;
    if is_unknown(&reply) && reply.status != 404 {
        bail!(
            "{} has no function to delete the data stream {stream}; delete it by other means first",
            cluster.dialect()
        );
    }
    if !reply.is_success() && reply.status != 404 {
        cluster.send(Request::new(Method::Delete, path)).await?;
    }
    Ok(())
}

fn ask(streams: &[String], cluster: &Cluster<'_>) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        bail!("--data deletes documents and nobody can be asked here; say --yes");
    }
    let mut stderr = io::stderr().lock();
    writeln!(stderr, "These data streams of {} and all their documents will be deleted:", cluster.dialect())?;
    for stream in streams {
        writeln!(stderr, "  {stream}")?;
    }
    write!(stderr, "Type yes to delete them: ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        bail!("nothing was removed");
    }
    Ok(())
}
