//! `main` of a test target with monitors: arguments, options, selection, session, exit code.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use super::attachments::Attachments;
use super::delivery::Delivery;
use super::describe;
use super::ecs;
use super::exit_code;
use super::junit::{Junit, JunitError};
use super::last_failed::LastFailed;
use super::log::{self, Log};
use super::output::Output;
use super::print_documents::PrintDocuments;
use super::registry;
use super::session;
use super::signals;
use super::start_offset;
use super::stop::Stop;
use crate::browser::leftovers;
#[cfg(feature = "site")]
use crate::config::Mode;
use crate::config::{Config, LogFormat, log_format_of_environment};
use crate::record::{Event, OwnDataset, Redactor, Totals, own_datasets};
use crate::run::{Bus, Context, Interrupt, Job, MonitorDef, install_hook};
use crate::spool::{DATASETS_FILE, Spool, SpoolConsumer, write_datasets};

/// Runs the registered monitors as the arguments and options say. Call it as the only thing in the `main` of a test
/// target with `harness = false`.
///
/// The exit code is one of [`exit_code`](super::exit_code).
pub fn main() -> ExitCode {
    main_of(inventory::iter::<MonitorDef>)
}

/// [`main`] of these monitors and no others, for a program that has some of its own: what is registered runs wherever it
/// is linked.
pub fn main_of(monitors: impl IntoIterator<Item = &'static MonitorDef>) -> ExitCode {
    #[cfg(feature = "site")]
    crate::site::serve_if_child();
    let config = Config::load();
    let format = config.as_ref().map_or_else(|_wrong| log_format_of_environment(), |config| config.log_format);
    let done = match describe::is_wanted() {
        Ok(true) => describe::describe(config, monitors).map(|json| {
            // A closed pipe: the reader has what it wanted.
            let _ = io::stdout().write_all(json.as_bytes());
            exit_code::SUCCESS
        }),
        Ok(false) => {
            let arguments = Arguments::from_args();
            let config = config.map_err(|error| Stop::new(exit_code::USAGE, error.to_string()));
            config.and_then(|config| run(&arguments, config, monitors))
        }
        Err(stop) => Err(stop),
    };
    done.map_or_else(
        |stop| {
            if format == LogFormat::Ecs {
                ecs::write_stop(&stop);
            } else {
                let _ = writeln!(io::stderr(), "error: {}", stop.message);
            }
            ExitCode::from(stop.exit_code)
        },
        ExitCode::from,
    )
}

fn run(
    arguments: &Arguments,
    config: Config,
    monitors: impl IntoIterator<Item = &'static MonitorDef>,
) -> Result<u8, Stop> {
    let mut jobs = registry::jobs(&config, monitors)?;
    let own_datasets = registry::own_datasets(own_datasets())?;
    let last_failed = last_failed(&jobs, &config)?;
    if arguments.list {
        if let Some(last_failed) = &last_failed {
            // Standard output is the list, which programs read.
            let asked = jobs.iter().filter(|job| !arguments.is_filtered_out(&trial(job))).map(|job| job.name.as_str());
            let _ = writeln!(io::stderr(), "canarytrace: {}", last_failed.notice(asked));
            jobs.retain(|job| last_failed.has(&job.name));
        }
        let trials = jobs.iter().map(trial).collect();
        // It lists and runs nothing, so there is no conclusion to look at.
        let _ = libtest_mimic::run(arguments, trials);
        return Ok(exit_code::SUCCESS);
    }
    check_pause(&config, io::stdin().is_terminal())?;
    let output = Output::of(arguments, &config)?;
    if arguments.test_threads == Some(0) {
        return Err(Stop::new(exit_code::USAGE, "--test-threads must be at least 1"));
    }
    let selection = Selection::of(jobs, arguments, last_failed.as_ref());
    if selection.selected.is_empty() {
        // As in libtest: a filter that leaves nothing is no error; `registry` saw to it that there are monitors.
        return Ok(print_empty(&selection, &config, output));
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Stop::new(exit_code::INFRASTRUCTURE_FAILED, format!("the runtime could not start: {error}")))?
        .block_on(run_selected(arguments, config, selection, output, &own_datasets))
}

/// A pause that nobody could end would hang CI for ever.
fn check_pause(config: &Config, terminal: bool) -> Result<(), Stop> {
    if config.pause.is_none() || terminal || config.headed {
        return Ok(());
    }
    let message = "CANARYTRACE_PAUSE waits for a person who presses Enter or closes the window, but standard input is no \
                   terminal and no window is shown\nrun it in a terminal, or show the browser with CANARYTRACE_HEADED=1";
    Err(Stop::new(exit_code::USAGE, message))
}

/// What the arguments chose.
struct Selection {
    selected: Vec<Job>,
    ignored: Vec<String>,
    filtered_out: usize,
    /// What to say of the choice.
    notice: Option<String>,
}

impl Selection {
    fn of(jobs: Vec<Job>, arguments: &Arguments, last_failed: Option<&LastFailed>) -> Self {
        let asked = |job: &&Job| is_wanted(job, arguments) && !arguments.is_filtered_out(&trial(job));
        let asked = || jobs.iter().filter(asked).map(|job| job.name.as_str());
        let notice = last_failed.filter(|_| asked().next().is_some()).map(|last| last.notice(asked()));
        let mut selection = Self { selected: Vec::new(), ignored: Vec::new(), filtered_out: 0, notice };
        for job in jobs {
            let wanted = is_wanted(&job, arguments);
            let left_out = || wanted && last_failed.is_some_and(|last| !last.has(&job.name));
            if arguments.is_filtered_out(&trial(&job)) || left_out() {
                selection.filtered_out += 1;
            } else if wanted {
                selection.selected.push(job);
            } else {
                selection.ignored.push(job.name);
            }
        }
        selection
    }

    fn totals(&self) -> Totals {
        Totals { ignored: self.ignored.len(), filtered_out: self.filtered_out, ..Totals::default() }
    }
}

/// Whether the job runs, unless it is filtered out, rather than being named as ignored.
fn is_wanted(job: &Job, arguments: &Arguments) -> bool {
    job.enabled || arguments.ignored || arguments.include_ignored
}

/// Which jobs failed the last time, if that is to decide. It looks at those too that the arguments leave out: a
/// filter that leaves nothing is no error, as in libtest, and cargo-nextest asks for the ignored ones alone.
fn last_failed(jobs: &[Job], config: &Config) -> Result<Option<LastFailed>, Stop> {
    if !config.last_failed {
        return Ok(None);
    }
    LastFailed::of(jobs.iter().map(|job| job.name.clone()), config).map(Some)
}

/// The job as libtest-mimic lists and filters it.
fn trial(job: &Job) -> Trial {
    Trial::test(job.name.clone(), || Ok(())).with_ignored_flag(!job.enabled)
}

fn print_empty(selection: &Selection, config: &Config, output: Output) -> u8 {
    let bus = Bus::new(Redactor::new(config.secrets()));
    output.add_empty(&bus, config.data.join("runs"));
    if let Some(message) = &selection.notice {
        bus.emit(Event::Notice { run: None, message: message.clone() });
    }
    bus.emit(Event::SessionStarted { selected: selection.ignored.len() });
    for monitor in &selection.ignored {
        bus.emit(Event::Ignored { monitor: monitor.clone() });
    }
    bus.emit(Event::SessionEnded { totals: selection.totals(), duration: std::time::Duration::ZERO });
    exit_code::SUCCESS
}

async fn run_selected(
    arguments: &Arguments,
    #[cfg_attr(not(feature = "site"), expect(unused_mut, reason = "only the site's URL is added to it"))]
    mut config: Config,
    selection: Selection,
    output: Output,
    own_datasets: &[&'static OwnDataset],
) -> Result<u8, Stop> {
    let at_once = arguments.test_threads.unwrap_or(1).min(selection.selected.len());
    let spool = Spool::open(&config).map_err(|failure| Stop::new(exit_code::REPORTING_FAILED, failure.message))?;
    let bus = Bus::new(Redactor::new(config.secrets()));
    if output.ecs {
        ecs::write_panics(&bus);
    }
    install_hook();
    let junit_error = JunitError::default();
    let spool_notices = bus.notices();
    let spool_consumer = SpoolConsumer::new(spool.clone(), move |_run, message| spool_notices(message));
    let lost = spool_consumer.lost();
    bus.add(spool_consumer);
    let delivery = Delivery::start(&config, &spool, &bus)?;
    let attachments = Attachments::start(&config, &spool, &bus)?;
    if config.print_documents {
        bus.add(PrintDocuments::new(io::stdout(), &config));
    }
    output.add(&bus, arguments, at_once > 1, spool.runs_folder(), spool.fallback_runs_folder())?;
    log::start(&config.log_level, output.ecs, &bus);
    bus.add(Log);
    if let Some(path) = &config.junit {
        bus.add(Junit::new(path.clone(), junit_error.clone()));
    }
    let notice = |message: String| bus.emit(Event::Notice { run: None, message });
    config.warnings.iter().chain(&selection.notice).cloned().for_each(notice);
    // Their documents are stored all the same; only their templates have to be told of otherwise.
    if let Err(error) = write_datasets(&config.data, own_datasets.iter().copied()) {
        notice(format!("{} can't be written: {error}", config.data.join(DATASETS_FILE).display()));
    }
    match leftovers::clean_up() {
        Ok(messages) => messages.into_iter().for_each(notice),
        Err(failure) => return Err(Stop::new(exit_code::INFRASTRUCTURE_FAILED, failure.message)),
    }
    for problem in spool.prune().problems {
        notice(problem);
    }
    let interrupt = Interrupt::default();
    signals::listen(&interrupt)
        .map_err(|error| Stop::new(exit_code::INFRASTRUCTURE_FAILED, format!("signals can't be handled: {error}")))?;
    start_offset::wait(&config, &selection.selected, &bus, &interrupt).await;
    #[cfg(feature = "site")]
    let site = practice_site(&mut config, &bus).await?;

    let totals = selection.totals();
    bus.emit(Event::SessionStarted { selected: selection.selected.len() + selection.ignored.len() });
    for monitor in &selection.ignored {
        bus.emit(Event::Ignored { monitor: monitor.clone() });
    }
    let context = Context { config: Arc::new(config), bus: bus.clone(), interrupt: interrupt.clone() };
    let totals = session::run(&context, selection.selected, at_once, totals).await;
    #[cfg(feature = "site")]
    if let Some(site) = site {
        site.stop().await;
    }
    let (undelivered, ()) = tokio::join!(delivery.finish(&bus, &interrupt), attachments.finish(&bus, &interrupt));
    let interrupted = interrupt.raised().map(signals::exit_code_of);
    if let Some(error) = junit_error.take() {
        let code = verdict(totals, interrupted, true);
        if output.ecs {
            ecs::write_stop(&Stop::new(code, error));
        } else {
            let _ = writeln!(io::stderr(), "error: {error}");
        }
        return Ok(code);
    }
    Ok(verdict(totals, interrupted, lost.count() > 0 || undelivered))
}

/// The exit code of a session.
fn verdict(totals: Totals, interrupted: Option<u8>, reports_lost: bool) -> u8 {
    if let Some(code) = interrupted {
        code
    } else if totals.failed > totals.failed_by_infrastructure {
        exit_code::MONITORS_FAILED
    } else if totals.failed > 0 {
        exit_code::INFRASTRUCTURE_FAILED
    } else if reports_lost {
        exit_code::REPORTING_FAILED
    } else {
        exit_code::SUCCESS
    }
}

#[cfg(feature = "site")]
type Site = crate::site::SiteProcess;

/// Without `BASE_URL` the monitors visit the bundled practice shop.
#[cfg(feature = "site")]
async fn practice_site(config: &mut Config, bus: &Bus) -> Result<Option<Site>, Stop> {
    if config.mode == Mode::Smoke || !config.base_urls.is_empty() {
        return Ok(None);
    }
    let site = crate::site::start(config.site_port)
        .await
        .map_err(|failure| Stop::new(exit_code::INFRASTRUCTURE_FAILED, failure.message))?;
    let message = format!("BASE_URL is unset: the monitors visit the practice shop at {}", site.url());
    bus.emit(Event::Notice { run: None, message });
    config.base_urls.push(crate::config::Target { text: site.url().to_string(), url: Ok(site.url().clone()) });
    Ok(Some(site))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_whose_fault_it_is() {
        let failed =
            |failed, failed_by_infrastructure| Totals { failed, failed_by_infrastructure, ..Totals::default() };
        assert_eq!(verdict(failed(0, 0), None, false), exit_code::SUCCESS);
        assert_eq!(verdict(failed(2, 1), None, false), exit_code::MONITORS_FAILED);
        assert_eq!(verdict(failed(2, 2), None, false), exit_code::INFRASTRUCTURE_FAILED);
        assert_eq!(verdict(failed(0, 0), None, true), exit_code::REPORTING_FAILED);
        assert_eq!(verdict(failed(1, 0), None, true), exit_code::MONITORS_FAILED);
        assert_eq!(verdict(failed(1, 1), Some(exit_code::TERMINATED), false), exit_code::TERMINATED);
    }
}
