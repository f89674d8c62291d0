//! Pairs of monitors that take turns, each in a fresh browser: one records, the other doesn't.
//!
//! Both run at the same time and load the same pages, one of them at a time, so that both meet the same machine. Each
//! pair begins anew, since no two browsers are equally fast. What counts are changes within a pair.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::ChildStderr;

use super::collectors::{COLLECTORS, all_off};
use super::monitor::{LOADED, LOADS, MONITOR, PAGES};
use crate::own_monitors::{Documents, Process, Stage};
use crate::statistics::median;

/// Between two loads, for what one of the browsers has left to do.
const PAUSE: Duration = Duration::from_millis(40);

/// How long a page may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Medians of one monitor, ms.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// End of the load event.
    pub load: f64,
    /// Largest Contentful Paint.
    pub lcp: f64,
}

/// What changes within pairs, percent of the side that doesn't record.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Of the load time.
    pub load: Vec<f64>,
    /// Of the Largest Contentful Paint.
    pub lcp: Vec<f64>,
}

impl Changes {
    /// Adds a pair: with the recording, without.
    pub fn add(&mut self, [with, without]: [Times; 2]) {
        self.load.push((with.load / without.load - 1.0) * 100.0);
        self.lcp.push((with.lcp / without.lcp - 1.0) * 100.0);
    }
}

/// Where pairs are run.
#[derive(Debug)]
pub struct Pairs {
    stage: Stage,
}

impl Pairs {
    /// On the practice shop at this URL.
    ///
    /// # Errors
    /// When options are wrong, and when there is no browser.
    pub async fn new(base_url: &str) -> anyhow::Result<Self> {
        Ok(Self { stage: Stage::new(base_url).await? })
    }

    /// The times of pair `number`: with these options, which leave documents of a dataset, and with nothing recorded.
    ///
    /// # Errors
    /// When a monitor fails, and when something else was recorded than what is said.
    pub async fn times(
        &self,
        number: usize,
        with: &[(&str, &str)],
        leaves: Option<&str>,
    ) -> anyhow::Result<[Times; 2]> {
        let mut sides = [Side::start(&self.stage, with)?, Side::start(&self.stage, &all_off())?];
        let turns = take_turns(number, &mut sides).await;
        if turns.is_err() {
            self.stage.end_all();
        }
        let [on, off] = sides;
        let times = [on.times(), off.times()];
        let (on, off) = tokio::join!(on.finish(), off.finish());
        turns?;
        let (on, off) = (on?, off?);
        // Else something else was measured than what is said.
        if let Some(dataset) = leaves {
            ensure!(!on.of(dataset)?.is_empty(), "no document of {dataset} was recorded, which was to be measured");
        }
        for dataset in COLLECTORS.iter().filter_map(|collector| collector.leaves) {
            ensure!(off.of(dataset)?.is_empty(), "{dataset} was recorded although it was switched off");
        }
        Ok(times)
    }

    /// Asks the monitors that go on to come to their end: their pair fails.
    pub fn end_all(&self) {
        self.stage.end_all();
    }
}

async fn take_turns(number: usize, sides: &mut [Side; 2]) -> anyhow::Result<()> {
    for load in 0..LOADS {
        for turn in 0..2 {
            tokio::time::sleep(PAUSE).await;
            sides[(number + load + turn) % 2].load_page(load >= PAGES.len()).await?;
        }
    }
    Ok(())
}

/// One of the two monitors.
struct Side {
    process: Process,
    said: Lines<BufReader<ChildStderr>>,
    /// What it said beside times, for messages.
    told: String,
    loads: Vec<f64>,
    paints: Vec<f64>,
}

impl Side {
    fn start(stage: &Stage, options: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut process = stage.start(&MONITOR, options)?;
        let said = BufReader::new(process.child.stderr.take().context("it is piped")?).lines();
        Ok(Self { process, said, told: String::new(), loads: Vec::new(), paints: Vec::new() })
    }

    async fn load_page(&mut self, counts: bool) -> anyhow::Result<()> {
        let input = self.process.child.stdin.as_mut().context("it is piped")?;
        // If it ended, the reason follows on the other pipe.
        let _ = input.write_all(b"\n").await;
        let Ok(found) = tokio::time::timeout(PATIENCE, self.next_times()).await else {
            bail!("a page of the practice shop did not load for {} s\n{}", PATIENCE.as_secs(), self.told);
        };
        let [load, paint] = found?;
        if counts {
            self.loads.push(load);
            self.paints.push(paint);
        }
        Ok(())
    }

    async fn next_times(&mut self) -> anyhow::Result<[f64; 2]> {
        while let Some(line) = self.said.next_line().await? {
            let Some(times) = line.trim().strip_prefix(LOADED) else {
                self.told += &line;
                self.told.push('\n');
                continue;
            };
            let times: Vec<f64> = times.split(' ').map(str::parse).collect::<Result<_, _>>()?;
            return times.try_into().map_err(|times| anyhow::anyhow!("it says two times, not {times:?}"));
        }
        let mut out = String::new();
        if let Some(stdout) = &mut self.process.child.stdout {
            stdout.read_to_string(&mut out).await?;
        }
        bail!("a monitor ended before it had loaded all pages:\n{out}{}", self.told)
    }

    fn times(&self) -> Times {
        Times { load: median(&self.loads), lcp: median(&self.paints) }
    }

    async fn finish(mut self) -> anyhow::Result<Documents> {
        // What it still says must not block it.
        let rest = tokio::spawn(async move { while self.said.next_line().await.is_ok_and(|line| line.is_some()) {} });
        let documents = self.process.finish().await;
        rest.await?;
        documents
    }
}
