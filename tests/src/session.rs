//! What a runner does with documents, without browsers: a bus, the spool, and with a cluster the shipper.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use canarytrace::config::Config;
use canarytrace::elastic::ship::{ShipOptions, Shipper};
use canarytrace::elastic::{Client, Names, Settings};
use canarytrace::record::{Consumer, Event, Redactor, RunInfo, StepInfo, StoredDocument, Totals};
use canarytrace::run::Bus;
use canarytrace::spool::{Spool, SpoolConsumer};
use uuid::Uuid;

/// A session of runs.
#[derive(Debug)]
pub struct Session {
    bus: Bus,
    shipper: Option<Shipper>,
    flush: Duration,
    started: Instant,
}

/// Prints notices on standard error, as the console of a runner does.
#[derive(Debug)]
struct Notices;

impl Consumer for Notices {
    fn event(&mut self, event: &Event) {
        if let Event::Notice { message, .. } = event {
            eprintln!("canarytrace: {message}");
        }
    }
}

impl Session {
    /// As the options of the environment want it.
    ///
    /// # Errors
    /// When an option is wrong, or nothing can be written.
    pub fn open() -> Result<Self> {
        let config = Config::load()?;
        let spool = Spool::open(&config).map_err(|failure| anyhow!(failure.message))?;
        let bus = Bus::new(Redactor::new(config.secrets()));
        let notices = bus.notices();
        bus.add(SpoolConsumer::new(spool.clone(), move |_, message| notices(message)));
        let shipper = match Settings::of(&config)? {
            None => None,
            Some(settings) => {
                let client = Client::new(&settings)?;
                let options = ShipOptions::from(&config);
                let shipper = Shipper::start(spool, client, Names::of(&config), options, bus.notices())?;
                bus.add(shipper.consumer());
                Some(shipper)
            }
        };
        bus.add(Notices);
        Ok(Self { bus, shipper, flush: config.flush, started: Instant::now() })
    }

    /// A run begins.
    pub fn begin(&self, run: &Arc<RunInfo>) {
        self.bus.emit(Event::RunStarted { run: run.clone() });
    }

    /// A document is stored.
    pub fn document(&self, run: &Arc<RunInfo>, document: StoredDocument) {
        self.bus.emit(Event::Document { run: run.clone(), document });
    }

    /// A step is over: what was stored is to reach the disk.
    pub fn step(&self, run: &Arc<RunInfo>) {
        let step = StepInfo {
            uuid_action: Uuid::now_v7(),
            title: "generate".to_owned(),
            full_title: "generate".to_owned(),
            parent: None,
            depth: 0,
            is_suite: false,
        };
        let (run, step) = (run.clone(), Arc::new(step));
        self.bus.emit(Event::StepEnded { run, attempt: 1, step, duration: Duration::ZERO, failure: None });
    }

    /// Nothing more comes of a run.
    pub fn close(&self, run: &Arc<RunInfo>) {
        self.bus.emit(Event::RunClosed { run: run.clone() });
    }

    /// Ends the session as a runner does: with a cluster, what is left is sent for as long as `CANARYTRACE_FLUSH`
    /// allows. What was delivered is printed.
    ///
    /// # Errors
    /// When there is no runtime.
    pub fn end(self) -> Result<()> {
        self.bus.emit(Event::SessionEnded { totals: Totals::default(), duration: self.started.elapsed() });
        let Some(shipper) = self.shipper else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let delivered = runtime.block_on(shipper.finish(self.flush, std::future::pending()));
        let message = delivered.map_or("not over in time".to_owned(), |delivered| delivered.session.to_string());
        self.bus.emit(Event::Notice { run: None, message: format!("delivery: {message}") });
        Ok(())
    }
}
