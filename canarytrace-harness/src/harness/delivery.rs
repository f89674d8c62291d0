//! Delivers the documents of a session to a cluster, when the options name one.

#[cfg(feature = "elastic")]
use std::time::Duration;

use super::exit_code;
use super::stop::Stop;
use crate::config::Config;
#[cfg(feature = "elastic")]
use crate::elastic::{
    Client, Names, Settings,
    ship::{ShipOptions, Shipper},
};
#[cfg(feature = "elastic")]
use crate::record::Event;
use crate::run::{Bus, Interrupt};
use crate::spool::Spool;

/// What is left of the flush budget when somebody interrupts: the process is gone within five seconds.
#[cfg(feature = "elastic")]
const INTERRUPTED: Duration = Duration::from_secs(2);

/// The delivery of a session's documents; of none without a cluster.
pub(crate) struct Delivery {
    #[cfg(feature = "elastic")]
    shipper: Option<Shipper>,
    #[cfg(feature = "elastic")]
    budget: Duration,
    #[cfg(feature = "elastic")]
    required: bool,
}

impl Delivery {
    /// Starts to deliver what runs will write, if the options name a cluster. It joins the bus behind the spool.
    pub(crate) fn start(config: &Config, spool: &Spool, bus: &Bus) -> Result<Self, Stop> {
        if config.require_delivery && !config.has_cluster() {
            let advice = "name a cluster with ELASTIC_CLUSTER, or leave CANARYTRACE_REQUIRE_DELIVERY out";
            let message = format!("CANARYTRACE_REQUIRE_DELIVERY is set, but there is nowhere to deliver to: {advice}");
            return Err(Stop::new(exit_code::USAGE, message));
        }
        Self::start_with(config, spool, bus)
    }

    #[cfg(not(feature = "elastic"))]
    fn start_with(config: &Config, _spool: &Spool, _bus: &Bus) -> Result<Self, Stop> {
        if config.has_cluster() {
            let advice = "add it to `canarytrace` in Cargo.toml, or leave ELASTIC_CLUSTER out";
            let message = format!("a cluster is named, but this was built without the feature `elastic`: {advice}");
            return Err(Stop::new(exit_code::USAGE, message));
        }
        Ok(Self {})
    }

    #[cfg(feature = "elastic")]
    fn start_with(config: &Config, spool: &Spool, bus: &Bus) -> Result<Self, Stop> {
        let mut delivery = Self { shipper: None, budget: config.flush, required: config.require_delivery };
        let settings = Settings::of(config).map_err(|error| Stop::new(exit_code::USAGE, error.to_string()))?;
        if let Some(settings) = settings {
            let client = Client::new(&settings).map_err(|trouble| Stop::new(exit_code::USAGE, trouble.to_string()))?;
            let shipper =
                Shipper::start(spool.clone(), client, Names::of(config), ShipOptions::from(config), bus.notices());
            let shipper = shipper.map_err(|error| {
                Stop::new(exit_code::REPORTING_FAILED, format!("the shipper's thread could not start: {error}"))
            })?;
            bus.add(shipper.consumer());
            delivery.shipper = Some(shipper);
        }
        Ok(delivery)
    }

    /// Waits until everything is delivered, for as long as the options allow; says what came of it. Whether something
    /// was to be delivered and is not.
    #[cfg(feature = "elastic")]
    pub(crate) async fn finish(self, bus: &Bus, interrupt: &Interrupt) -> bool {
        let Some(shipper) = self.shipper else { return false };
        let interrupted = async {
            interrupt.failure().await;
            INTERRUPTED
        };
        let delivered = shipper.finish(self.budget, interrupted).await;
        let say = |message: String| bus.emit(Event::Notice { run: None, message });
        let Some(delivered) = delivered else {
            say("delivery: not over in time; what is left is sent by the next run or `canarytrace ship --drain`"
                .to_owned());
            return self.required;
        };
        say(format!("delivery: {}", delivered.session));
        if delivered.earlier.settled() > 0 || delivered.earlier.left.documents > 0 {
            say(format!("delivery of earlier runs: {}", delivered.earlier));
        }
        if delivered.session.left.documents > 0 {
            say("what is left is sent by the next run or `canarytrace ship --drain`".to_owned());
        }
        let undelivered = self.required && !delivered.session.is_delivered();
        if undelivered {
            say("CANARYTRACE_REQUIRE_DELIVERY: not everything was delivered".to_owned());
        }
        undelivered
    }

    /// Nothing is delivered.
    #[cfg(not(feature = "elastic"))]
    #[expect(clippy::unused_async, reason = "with the feature `elastic` it waits")]
    pub(crate) async fn finish(self, _bus: &Bus, _interrupt: &Interrupt) -> bool {
        false
    }
}
