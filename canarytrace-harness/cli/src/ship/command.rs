//! The command: what is sent, how far it is, what came of it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use canarytrace::config::{AttachmentStore, Config};
use canarytrace::elastic::ship::{
    Control, DeliveryFigures, DrainOptions, Patience, Phase, ShipOptions, dead_letters, dead_letters_file, drain,
    would_send,
};
use canarytrace::elastic::{Names, Settings};
use canarytrace::spool::{SpoolOptions, stored_runs};
use canarytrace::store::{self, UploadFigures, left_of, upload_left};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::progress::Progress;
use crate::{print, say};

/// Send what runs left on disk, also those that were killed: documents to the cluster, attachments to their store
///
/// A run that a process is recording just now is sent by that process. Runs that another process sends are left to it.
/// Interrupting is safe at any moment: what was acknowledged is noted, and each document is stored once.
///
/// Exit code: 0 when everything is in the cluster and the store, 1 when something is left or was refused for good, 2 when options are
/// wrong.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Go on until nothing is left: wait for a cluster that does not answer, and for folders that others send
    #[arg(long)]
    drain: bool,
    /// Say what would be sent, and send nothing
    #[arg(long, conflicts_with_all = ["drain", "dead_letters"])]
    dry_run: bool,
    /// Send once more what the cluster refused, too: after its templates were repaired
    #[arg(long)]
    dead_letters: bool,
    /// Data folder to look in; else `CANARYTRACE_DATA`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Does it, and gives the exit code.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let config = Config::load()?;
    let mut spool = SpoolOptions::from(&config);
    if let Some(data) = &arguments.data {
        if !data.is_dir() {
            bail!("{} is no folder", data.display());
        }
        spool.data.clone_from(data);
    }
    if arguments.dry_run {
        return dry_run(&config, &spool);
    }
    let usage = |message: String| {
        say::error(&message);
        Ok(crate::USAGE)
    };
    let store = config.attachment_store();
    let settings = match Settings::of(&config) {
        Ok(None) if store.is_none() => {
            let advice = "set ELASTIC_CLUSTER, or CANARYTRACE_ATTACHMENTS_URL for attachments";
            return usage(format!("there is no cluster to send to: {advice}"));
        }
        Ok(settings) => settings,
        Err(error) => return usage(error.to_string()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let mut text = String::new();
    let mut done = true;
    if let Some(settings) = settings {
        let figures = runtime.block_on(ship(arguments, &config, &spool, &settings))?;
        // Writing to a String can't fail.
        let _ = writeln!(text, "{figures}");
        if figures.left.documents > 0 {
            let _ = writeln!(text, "{} documents are left, {} bytes", figures.left.documents, figures.left.bytes);
        }
        text.push_str(&letters(&spool)?);
        done = figures.is_delivered();
    }
    if let Some(store) = store {
        let figures = runtime.block_on(upload(arguments, &spool, &store))?;
        let _ = writeln!(text, "attachments to {}: {figures}", store.name());
        done &= figures.left == 0;
    }
    print::out(&text)?;
    Ok(if done { 0 } else { crate::FAILED })
}

/// Copies attachments until everything is in the store, somebody interrupts, or the store does not answer.
async fn upload(arguments: &Arguments, spool: &SpoolOptions, store: &AttachmentStore) -> anyhow::Result<UploadFigures> {
    let patience = if arguments.drain { store::Patience::Endless } else { store::Patience::Brief };
    let notices = Arc::new(|message: String| say::notice(&message));
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let uploaded = tokio::select! {
        uploaded = upload_left(spool, store, patience, notices) => uploaded,
        Some(()) = interrupts.recv() => bail!("interrupted: what was uploaded is noted"),
        Some(()) = terminations.recv() => bail!("interrupted: what was uploaded is noted"),
    };
    uploaded.map_err(|failure| anyhow::anyhow!(failure.message))
}

async fn ship(
    arguments: &Arguments,
    config: &Config,
    spool: &SpoolOptions,
    settings: &Settings,
) -> anyhow::Result<DeliveryFigures> {
    let wanted = would_send(spool).map_err(|failure| anyhow::anyhow!(failure.message))?;
    let documents: u64 = wanted.iter().map(|(_, left)| left.documents).sum();
    let progress = Progress::new(documents);
    progress.say(&format!("{documents} documents of {} runs are to be sent", wanted.len()));
    let patience = if arguments.drain { Patience::Endless } else { Patience::Brief };
    let (phase, control) = Control::new(Phase::Going, patience);
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let (told, counted) = (progress.clone(), progress.clone());
    let options = DrainOptions {
        ship: ShipOptions::from(config),
        control,
        dead_letters: arguments.dead_letters,
        notices: Arc::new(move |message| told.say(&message)),
        progress: Box::new(move |documents| counted.add(documents)),
    };
    let names = Names::of(config);
    let drained = drain(spool, settings, &names, options);
    tokio::pin!(drained);
    let figures = loop {
        tokio::select! {
            figures = &mut drained => break figures,
            Some(()) = interrupts.recv() => {}
            Some(()) = terminations.recv() => {}
        }
        progress.say("interrupted: what was acknowledged is noted");
        // The receiver is in the options, which live as long as this.
        let _ = phase.send(Phase::Ending(tokio::time::Instant::now()));
    };
    progress.end();
    figures.map_err(|failure| anyhow::anyhow!(failure.message))
}

fn dry_run(config: &Config, spool: &SpoolOptions) -> anyhow::Result<u8> {
    let wanted = would_send(spool).map_err(|failure| anyhow::anyhow!(failure.message))?;
    let mut text = String::new();
    let (mut documents, mut bytes) = (0, 0);
    for (run, left) in &wanted {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{}  {:>8} documents  {:>10} bytes", run.uuid, left.documents, left.bytes);
        documents += left.documents;
        bytes += left.bytes;
    }
    let _ = writeln!(text, "{documents} documents of {} runs would be sent, {bytes} bytes", wanted.len());
    text.push_str(&letters(spool)?);
    if let Some(store) = config.attachment_store() {
        let left = left_of(spool, &store).map_err(|failure| anyhow::anyhow!(failure.message))?;
        let (runs, count) = (left.len(), left.iter().map(|(_, count)| count).sum::<u64>());
        let _ = writeln!(text, "{count} attachments of {runs} runs would be uploaded to {}", store.name());
    }
    print::out(&text)?;
    Ok(0)
}

/// Where dead letters lie.
fn letters(spool: &SpoolOptions) -> anyhow::Result<String> {
    let mut text = String::new();
    for folder in stored_runs(spool)?.into_iter().flat_map(|run| run.folders) {
        // Another process prunes old runs; what is gone is gone.
        let count = dead_letters(&folder).map(Iterator::count).unwrap_or_default();
        if count > 0 {
            let s = if count == 1 { "" } else { "s" };
            // Writing to a String can't fail.
            let _ = writeln!(text, "{count} dead letter{s}: {}", dead_letters_file(&folder).display());
        }
    }
    Ok(text)
}
