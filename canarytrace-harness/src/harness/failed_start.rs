//! Reports that a run could not even be begun: what becomes the monitors, `canarytrace run`, could not.

use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use uuid::Uuid;

use super::delivery::Delivery;
use super::print_documents::PrintDocuments;
use crate::config::Config;
use crate::record::{Consumer, Event, Failure, Redactor, Totals};
use crate::run::{Bus, Interrupt, failed_start};
use crate::spool::{Spool, SpoolConsumer};

/// Tells notices to a person.
struct Say<F>(F);

impl<F: FnMut(&str) + Send> Consumer for Say<F> {
    fn event(&mut self, event: &Event) {
        if let Event::Notice { message, .. } = event {
            (self.0)(message);
        }
    }
}

/// Stores `summary` and `report` of a run of `monitor` that could not be begun, and delivers them when the options name a
/// cluster, for at most as long as `CANARYTRACE_FLUSH` says. In `summary` the site is neither up nor down. Returns the
/// run's id.
///
/// `started` is when the process that wanted to begin it was started; `say` is told of what a person should know.
///
/// # Errors
/// When the documents can be stored nowhere, or the options of the cluster can't be used.
pub fn report_failed_start(
    config: Config,
    monitor: &str,
    failure: &Failure,
    started: (Instant, SystemTime),
    say: impl FnMut(&str) + Send + 'static,
) -> Result<Uuid, Failure> {
    let spool = Spool::open(&config)?;
    let bus = Bus::new(Redactor::new(config.secrets()));
    let notices = bus.notices();
    let consumer = SpoolConsumer::new(spool.clone(), move |_run, message| notices(message));
    let lost = consumer.lost();
    bus.add(consumer);
    let delivery = Delivery::start(&config, &spool, &bus).map_err(|stop| Failure::harness(stop.message))?;
    if config.print_documents {
        bus.add(PrintDocuments::new(io::stdout(), &config));
    }
    bus.add(Say(say));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::harness(format!("the runtime could not start: {error}")))?;
    let config = Arc::new(config);
    let began = Instant::now();
    bus.emit(Event::SessionStarted { selected: 1 });
    let run = failed_start(&config, &bus, monitor, failure, started);
    let totals = Totals { failed: 1, failed_by_infrastructure: 1, ..Totals::default() };
    bus.emit(Event::SessionEnded { totals, duration: began.elapsed() });
    let undelivered = runtime.block_on(delivery.finish(&bus, &Interrupt::default()));
    if lost.count() > 0 || undelivered {
        return Err(Failure::harness("the documents of this failure could not be stored, or not be delivered"));
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_could_not_be_begun_says_nothing_of_the_site() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let env = [
            ("CANARYTRACE_DATA", data.as_str()),
            ("GIT_TOKEN", "hunter2-token"),
            ("CANARYTRACE_REPOSITORY", "https://git.example/monitors.git"),
            ("GIT_REVISION", "main"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_parts(env, None).unwrap();
        let failure = Failure::harness("the server refused hunter2-token");
        let started = (Instant::now(), SystemTime::now());
        let run = report_failed_start(config, "shop::buy", &failure, started, |_| {}).unwrap();
        let read = |dataset: &str| {
            let path = folder.path().join(format!("runs/{run}/{dataset}.ndjson"));
            let text = std::fs::read_to_string(path).unwrap();
            assert!(!text.contains("hunter2"), "{text}");
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
        };
        let summary = &read("summary")[0];
        assert_eq!(summary["monitor"]["status"], "unknown");
        assert_eq!((&summary["summary"]["up"], &summary["summary"]["down"]), (&0.into(), &0.into()));
        assert_eq!((&summary["error"]["type"], &summary["error"]["fault"]), (&"harness".into(), &"harness".into()));
        assert_eq!(summary["git"]["repository"], "https://git.example/monitors.git");
        assert_eq!((&summary["git"]["reference"], &summary["git"]["revision"]), (&"main".into(), &serde_json::Value::Null));
        let report = read("report");
        assert_eq!((&report[0]["event"], &report[2]["event"]), (&"testStart".into(), &"testEnd".into()));
        assert_eq!(report[2]["passed"], false);
    }
}
