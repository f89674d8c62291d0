//! One run on its way: its folders, and the document of the dataset `delivery` at its end.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::super::bulk::key;
use super::control::Control;
use super::dead_letters::whole;
use super::engine::{Engine, Halt};
use super::figures::DeliveryFigures;
use super::shipment::Shipment;
use crate::record::{Common, Dataset as _, Delivery, MonitorRef, assemble};
use crate::spool::{dataset_file, datasets_of, last_line};

/// A run of which documents are sent.
#[derive(Debug)]
pub(super) struct RunShipment {
    pub(super) run: Uuid,
    pub(super) shipments: Vec<Shipment>,
    /// Folders of it that somebody else sends.
    pub(super) elsewhere: Vec<PathBuf>,
}

impl RunShipment {
    pub(super) fn new(run: Uuid) -> Self {
        Self { run, shipments: Vec::new(), elsewhere: Vec::new() }
    }

    /// Takes the right to send those of its folders that are new. Gives notices for people.
    pub(super) fn open(&mut self, folders: &[PathBuf]) -> Vec<String> {
        let mut notices = Vec::new();
        for folder in folders {
            if self.shipments.iter().any(|shipment| shipment.folder == *folder) {
                continue;
            }
            self.elsewhere.retain(|other| other != folder);
            match Shipment::open(folder, self.run) {
                Ok(Some((shipment, notice))) => {
                    self.shipments.push(shipment);
                    notices.extend(notice);
                }
                Ok(None) => self.elsewhere.push(folder.clone()),
                // Another process prunes what is old.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    self.elsewhere.push(folder.clone());
                    notices.push(format!("{} can't be sent: {error}", folder.display()));
                }
            }
        }
        notices
    }

    /// Sends what is there.
    pub(super) async fn ship(
        &mut self,
        engine: &mut Engine,
        control: &mut Control,
        progress: &mut dyn FnMut(&Shipment),
    ) -> Result<(), Halt> {
        for shipment in &mut self.shipments {
            engine.ship(shipment, control, progress).await?;
        }
        Ok(())
    }

    pub(super) fn unread(&self) -> u64 {
        self.shipments.iter().map(|shipment| shipment.unread().unwrap_or_default()).sum()
    }

    /// Stores how the delivery went, if anything was delivered or should have been, and sends that too. Gives the
    /// figures of the run. Of a run of ours it is stored `always`; of another one only when something was sent.
    pub(super) async fn finish(
        mut self,
        engine: &mut Engine,
        control: &mut Control,
        always: bool,
        halted: Option<Halt>,
    ) -> (DeliveryFigures, Option<Halt>) {
        let mut notices = Vec::new();
        let mut figures = self.take_stock(&mut notices);
        let mut halted = halted;
        // What was left of the documents of an earlier delivery alone is no delivery of its own.
        if figures.settled() > 0 || (always && figures.left.documents > 0) {
            match self.store(&figures) {
                Ok(false) => {}
                Ok(true) => {
                    if halted.is_none() {
                        halted = self.ship(engine, control, &mut |_| {}).await.err();
                    }
                    figures.left = self.take_stock(&mut notices).left;
                }
                Err(error) => {
                    notices.push(format!("run {}: the figures of its delivery can't be stored: {error}", self.run));
                }
            }
        }
        for notice in notices {
            engine.tell(notice);
        }
        (figures, halted)
    }

    fn take_stock(&mut self, notices: &mut Vec<String>) -> DeliveryFigures {
        let mut figures = DeliveryFigures::default();
        for shipment in &mut self.shipments {
            if let Err(error) = shipment.take_stock() {
                notices.push(format!("{} can't be read: {error}", shipment.folder.display()));
            }
            figures.add(&shipment.figures);
        }
        figures.elsewhere = self.elsewhere.len() as u64;
        figures
    }

    /// Appends the document to the folder where the run's last documents are. False when the run has no document that
    /// says whose it is.
    fn store(&mut self, figures: &DeliveryFigures) -> io::Result<bool> {
        let mut last = Last::default();
        let mut place = None;
        for shipment in &self.shipments {
            let here = Last::of(&shipment.folder)?;
            if place.is_none() || here > last {
                place = Some(&shipment.folder);
            }
            last = last.max(here);
        }
        for folder in &self.elsewhere {
            last = last.max(Last::of(folder)?);
        }
        let Some(folder) = place else { return Ok(false) };
        let Some(about) = About::of(folder)? else { return Ok(false) };
        let now = Timestamp::now();
        let common = Common {
            at_timestamp: format!("{now:.3}"),
            timestamp: now.as_millisecond(),
            uuid: self.run,
            attempt: last.attempt.max(1),
            iteration: None,
            sequence: last.sequence + 1,
            monitor: MonitorRef { id: about.monitor.id, name: about.monitor.name },
            spec: about.spec,
            labels: about.labels,
            location: about.location,
            git: None,
            uuid_action: None,
            truncated: None,
        };
        let line = format!("{}\n", assemble(&common, &figures.document())?);
        let path = dataset_file(folder, Delivery::NAME);
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        let length = whole(&mut file)?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        if written.is_err() {
            // Half a line would spoil the next one; `whole` takes it away if this fails.
            let _ = file.set_len(length);
        }
        written.map(|()| true)
    }
}

/// Numbers of the last document of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Last {
    sequence: u64,
    attempt: u32,
}

impl Last {
    /// The highest numbers in a folder. Each file has its documents in the order of their numbers.
    fn of(folder: &Path) -> io::Result<Self> {
        let mut last = Self::default();
        for (dataset, file) in datasets_of(folder)? {
            if let Some(Ok(key)) = last_line(&file, LONGEST)?.map(|line| key(&dataset, &line)) {
                last = Self { sequence: last.sequence.max(key.sequence), attempt: last.attempt.max(key.attempt) };
            }
        }
        Ok(last)
    }
}

/// Documents that are looked into here are shorter, bytes.
const LONGEST: usize = 8 * 1024 * 1024;

/// What every document of a run says of it.
#[derive(Debug, Deserialize)]
struct About {
    monitor: Monitor,
    spec: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    location: String,
}

#[derive(Debug, Deserialize)]
struct Monitor {
    id: String,
    name: String,
}

impl About {
    /// From the first document in the folder that has it.
    fn of(folder: &Path) -> io::Result<Option<Self>> {
        for (_, file) in datasets_of(folder)? {
            let mut line = Vec::new();
            BufReader::new(file.take(LONGEST as u64)).read_until(b'\n', &mut line)?;
            if let Ok(about) = serde_json::from_slice(&line) {
                return Ok(Some(about));
            }
        }
        Ok(None)
    }
}
