//! The runs in a data folder, put together from their documents.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use canarytrace::config::Config;
use canarytrace::spool;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use uuid::Uuid;

/// Where runs lie: the data folder, and the folder where a run goes on when that one can't be written any more.
#[derive(Debug)]
pub(crate) struct Places {
    data: PathBuf,
    fallback: PathBuf,
}

/// A run and its folders: usually one.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) uuid: Uuid,
    pub(crate) folders: Vec<PathBuf>,
}

/// What the documents of a run say.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Documents with the name of their dataset, in the order they were made.
    pub(crate) documents: Vec<(String, Value)>,
    /// What could not be read.
    pub(crate) damage: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Passed,
    /// Passed, and broke a budget that only warns.
    Degraded,
    Flaky,
    Failed,
    /// No verdict was stored: the run goes on, or it was killed.
    None,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Degraded => "degraded",
            Self::Flaky => "flaky",
            Self::Failed => "FAILED",
            Self::None => "no end",
        })
    }
}

impl Places {
    /// The folders of the options, or `data` instead of the data folder.
    pub(crate) fn new(data: Option<&Path>) -> anyhow::Result<Self> {
        let config = Config::load()?;
        if let Some(data) = data
            && !data.is_dir()
        {
            bail!("{} is no folder", data.display());
        }
        let fallback = config.fallback_folder();
        Ok(Self { data: data.map_or(config.data, Path::to_owned), fallback })
    }

    /// Where runs usually lie.
    pub(crate) fn runs_folder(&self) -> PathBuf {
        self.data.join("runs")
    }

    /// Every run, the newest last.
    pub(crate) fn find(&self) -> anyhow::Result<Vec<Found>> {
        // The ids begin with the time (UUID version 7), so their order is that of the runs.
        let mut runs: BTreeMap<Uuid, Vec<PathBuf>> = BTreeMap::new();
        for folder in [self.runs_folder(), self.fallback.join("runs")] {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other.with_context(|| format!("{} can't be listed", folder.display()))?,
            };
            for entry in entries {
                let entry = entry.with_context(|| format!("{} can't be listed", folder.display()))?;
                let uuid = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
                if let Some(uuid) = uuid
                    && entry.path().is_dir()
                {
                    runs.entry(uuid).or_default().push(entry.path());
                }
            }
        }
        Ok(runs.into_iter().map(|(uuid, folders)| Found { uuid, folders }).collect())
    }
}

impl Found {
    /// Reads every document.
    pub(crate) fn read(&self) -> Run {
        let mut run = Run::default();
        for folder in &self.folders {
            let documents = match spool::read(folder) {
                Ok(documents) => documents,
                // Another process prunes old runs; what is gone is gone.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    run.damage.push(format!("{} can't be listed: {error}", folder.display()));
                    continue;
                }
            };
            for document in documents {
                match document {
                    Ok(document) => run.documents.push(document),
                    Err(damage) => run.damage.push(damage.to_string()),
                }
            }
        }
        run.documents.sort_by_key(|(_, document)| document["sequence"].as_u64());
        run
    }
}

impl Run {
    /// The documents of one dataset.
    pub(crate) fn of<'a>(&'a self, dataset: &'a str) -> impl DoubleEndedIterator<Item = &'a Value> {
        self.documents.iter().filter(move |(name, _)| name == dataset).map(|(_, document)| document)
    }

    /// Name of the monitor, or the URL of smoke mode; none without a document.
    pub(crate) fn monitor(&self) -> Option<&str> {
        self.documents.iter().find_map(|(_, document)| document["monitor"]["name"].as_str())
    }

    /// The verdict.
    pub(crate) fn end(&self) -> End {
        let outcome = self.of("summary").filter_map(|summary| summary["summary"]["outcome"].as_str()).next_back();
        match outcome {
            Some("passed") => End::Passed,
            Some("flaky") => End::Flaky,
            Some("degraded") => End::Degraded,
            Some(_) => End::Failed,
            None => End::None,
        }
    }

    /// From the start of the first attempt to the end of the last one that is over.
    pub(crate) fn duration(&self) -> Option<Duration> {
        let at = |summary: &Value, end: &str| summary["monitor"]["timespan"][end].as_str()?.parse::<Timestamp>().ok();
        let start = at(self.of("summary").next()?, "gte")?;
        let end = at(self.of("summary").next_back()?, "lt")?;
        Duration::try_from(end.duration_since(start)).ok()
    }

    /// Kind, fault and message of an attempt's failure; of the last attempt when none is named.
    pub(crate) fn failure(&self, attempt: Option<u64>) -> Option<(&str, &str, &str)> {
        let summary = self
            .of("summary")
            .rfind(|summary| attempt.is_none_or(|attempt| summary["attempt"].as_u64() == Some(attempt)))?;
        let error = &summary["error"];
        Some((error["type"].as_str()?, error["fault"].as_str()?, error["message"].as_str()?))
    }
}

/// The moment that the id of a run holds, for people here.
pub(crate) fn started(uuid: Uuid, format: &str) -> String {
    let milliseconds = uuid.get_timestamp().map(|timestamp| {
        let (seconds, nanoseconds) = timestamp.to_unix();
        i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000) + i64::from(nanoseconds / 1_000_000)
    });
    match milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()) {
        Some(moment) => moment.to_zoned(TimeZone::system()).strftime(format).to_string(),
        None => "?".to_owned(),
    }
}
