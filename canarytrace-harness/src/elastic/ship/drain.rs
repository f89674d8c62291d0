//! Sends what lies on disk, also of runs that were killed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Client, Names, Settings};
use super::batch::{Batch, State};
use super::control::{Control, Patience, Phase};
use super::dead_letters::{DeadLetter, dead_letters, is_set_apart, letters_in, set_apart};
use super::engine::{Engine, Halt, Notices};
use super::figures::DeliveryFigures;
use super::options::ShipOptions;
use super::run::RunShipment;
use super::shipment::Shipment;
use crate::record::Failure;
use crate::spool::{Cursor, Left, SpoolOptions, StoredRun, is_wholly_acknowledged, stored_runs};

/// How often it is looked whether somebody else is done with a folder.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// How what lies on disk is sent.
pub struct DrainOptions {
    /// Requests and waits.
    pub ship: ShipOptions,
    /// What is done about a cluster that doesn't answer, and until when. With [`Patience::Endless`], folders that
    /// somebody else sends are waited for.
    pub control: Control,
    /// Whether dead letters are sent once more, too.
    pub dead_letters: bool,
    /// Told of everything a person should know.
    pub notices: Notices,
    /// Told of the documents of each batch that found their end.
    pub progress: Box<dyn FnMut(u64) + Send>,
}

impl Default for DrainOptions {
    fn default() -> Self {
        let (_, control) = Control::new(Phase::Going, Patience::Brief);
        Self {
            ship: ShipOptions::default(),
            control,
            dead_letters: false,
            notices: Arc::new(|_| {}),
            progress: Box::new(|_| {}),
        }
    }
}

/// Sends everything that lies in a data folder, but for runs that a process is recording just now: that sends them.
/// The oldest run goes first.
///
/// # Errors
/// When the folder of the runs can't be listed, or no client can be made of the settings.
pub async fn drain(
    spool: &SpoolOptions,
    settings: &Settings,
    names: &Names,
    mut options: DrainOptions,
) -> Result<DeliveryFigures, Failure> {
    let client = Client::new(settings).map_err(|trouble| Failure::harness(trouble.to_string()))?;
    let mut engine = Engine::new(client, names.clone(), options.ship.clone(), options.notices.clone());
    let mut figures = DeliveryFigures::default();
    if options.dead_letters {
        for run in unsent(spool, true)? {
            retry_letters(&mut engine, &mut options, &run, &mut figures).await;
        }
    }
    loop {
        let mut pass = DeliveryFigures::default();
        let runs = unsent(spool, false)?;
        let halted = ship_runs(&mut engine, &mut options.control, runs, &mut pass, &mut options.progress).await;
        let (left, elsewhere) = (pass.left, pass.elsewhere);
        figures.add(&DeliveryFigures { left: Left::default(), elsewhere: 0, ..pass });
        let waits = elsewhere > 0 && options.control.patience == Patience::Endless;
        if halted.is_some() || !waits {
            if halted.is_some() {
                engine.tell_trouble();
            }
            figures.left = left;
            figures.elsewhere = elsewhere;
            return Ok(figures);
        }
        options.control.sleep(LOOK_AGAIN).await;
        if options.control.is_over() {
            figures.left = left;
            figures.elsewhere = elsewhere;
            return Ok(figures);
        }
    }
}

/// What [`drain`] would send: each run with its documents and bytes, the oldest first.
///
/// # Errors
/// When the folder of the runs can't be listed.
pub fn would_send(spool: &SpoolOptions) -> Result<Vec<(StoredRun, Left)>, Failure> {
    let mut found = Vec::new();
    for run in unsent(spool, false)? {
        let mut left = Left::default();
        for folder in &run.folders {
            // A cursor that can't be used is set aside by whoever sends: here it counts as none.
            let cursor = Cursor::peek(folder, run.uuid);
            if let Ok(of_folder) = cursor.left(folder) {
                left.documents += of_folder.documents;
                left.bytes += of_folder.bytes;
            }
        }
        if left.documents > 0 {
            found.push((run, left));
        }
    }
    Ok(found)
}

/// Runs on disk that nobody records and that are not wholly acknowledged (or have dead letters), the oldest first.
pub(super) fn unsent(spool: &SpoolOptions, with_letters: bool) -> Result<Vec<StoredRun>, Failure> {
    let runs = stored_runs(spool)
        .map_err(|error| Failure::harness(format!("the runs in {} can't be listed: {error}", spool.data.display())))?;
    let wanted = |run: &StoredRun| {
        let behind = |folder: &PathBuf| {
            if with_letters {
                dead_letters(folder).is_ok_and(|mut letters| letters.next().is_some()) || is_set_apart(folder)
            } else {
                !is_wholly_acknowledged(folder, run.uuid)
            }
        };
        run.folders.iter().any(behind) && !run.is_going_on()
    };
    Ok(runs.into_iter().rev().filter(wanted).collect())
}

/// Sends these runs, one after the other, and adds what came of it.
pub(super) async fn ship_runs(
    engine: &mut Engine,
    control: &mut Control,
    runs: Vec<StoredRun>,
    figures: &mut DeliveryFigures,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Option<Halt> {
    let mut halted = None;
    for run in runs {
        let mut shipment = RunShipment::new(run.uuid);
        for notice in shipment.open(&run.folders) {
            engine.tell(notice);
        }
        if shipment.shipments.is_empty() && shipment.elsewhere.is_empty() {
            continue;
        }
        let mut before = 0;
        let mut told = |of: &Shipment| {
            let settled = of.figures.settled();
            progress(settled.saturating_sub(before));
            before = settled;
        };
        if halted.is_none() {
            halted = shipment.ship(engine, control, &mut told).await.err();
        }
        let (of_run, ended) = shipment.finish(engine, control, false, halted).await;
        halted = halted.or(ended);
        figures.add(&of_run);
    }
    halted
}

/// Sends the dead letters of a run once more.
async fn retry_letters(
    engine: &mut Engine,
    options: &mut DrainOptions,
    run: &StoredRun,
    figures: &mut DeliveryFigures,
) {
    for folder in &run.folders {
        let shipment = match Shipment::open(folder, run.uuid) {
            Ok(Some((shipment, notice))) => {
                if let Some(notice) = notice {
                    engine.tell(notice);
                }
                shipment
            }
            // Whoever sends it just now may be writing letters.
            Ok(None) => {
                engine.tell(format!("{}: somebody else sends it; its dead letters stay", folder.display()));
                continue;
            }
            Err(error) => {
                engine.tell(format!("{} can't be sent: {error}", folder.display()));
                continue;
            }
        };
        let mut shipment = shipment;
        if let Err(error) = retry_folder(engine, options, &mut shipment).await {
            engine.tell(format!("the dead letters in {} can't be sent once more: {error}", folder.display()));
        }
        figures.add(&shipment.figures);
    }
}

async fn retry_folder(engine: &mut Engine, options: &mut DrainOptions, shipment: &mut Shipment) -> std::io::Result<()> {
    let Some(apart) = set_apart(&shipment.folder)? else { return Ok(()) };
    let mut letters = letters_in(&apart)?.peekable();
    let mut halted = None;
    while letters.peek().is_some() {
        let mut batch = Batch::default();
        let mut some = Vec::new();
        let mut bytes = 0;
        while some.len() < options.ship.batch_documents && bytes < options.ship.batch_bytes {
            let Some(letter) = letters.next() else { break };
            bytes += letter.document.as_ref().map_or(0, |document| document.get().len());
            some.push(letter);
        }
        // Which letter each item of the batch is.
        let mut positions = Vec::new();
        for (at, letter) in some.iter().enumerate() {
            if let (Some(id), Some(document)) = (&letter.id, &letter.document)
                && halted.is_none()
            {
                batch.push(&letter.dataset, id.clone(), document.get().as_bytes());
                positions.push(at);
            }
        }
        let before = shipment.figures.settled();
        if !batch.is_empty() {
            halted = engine.deliver(&mut batch, shipment, &mut options.control).await.err();
        }
        (options.progress)(shipment.figures.settled() - before);
        let done: Vec<usize> = positions
            .iter()
            .zip(&batch.items)
            .filter(|(_, item)| item.state == State::Done)
            .map(|(at, _)| *at)
            .collect();
        // Those that were refused again are among the new letters already; what was not tried joins them.
        let kept: Vec<DeadLetter> =
            some.into_iter().enumerate().filter(|(at, _)| !done.contains(at)).map(|(_, letter)| letter).collect();
        if !kept.is_empty() {
            shipment.bury(&kept)?;
            shipment.figures.dead += kept.len() as u64;
        }
    }
    std::fs::remove_file(apart)
}
