//! The life of a run: browser, availability, attempts, verdict, and the way out.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::task::JoinHandle;
use url::Url;
use uuid::Uuid;

use super::api::Api;
use super::attempt::{Executed, execute};
use super::browser::Browser;
use super::budget::{self, Judged};
use super::bus::Bus;
use super::figures::{Figures, steps_total};
use super::given::{Given, MonitorKind};
use super::interrupt::Interrupt;
use super::job::Job;
use super::measure::{Measures, Reliability};
use super::params::Params;
use super::pause;
use super::recording::{Recorded, Recording};
use super::state::{RunState, millis, rfc3339};
use super::statistics;
use crate::browser::{Launched, launch, left_to_threads};
use crate::collect::availability;
use crate::config::Config;
use crate::http::{Client, system_certificates};
use crate::page::Page;
use crate::record::{
    Budget, Capabilities, ChromeOptions, Env, Event, Failure, FailureKind, Outcome, Phase, Report, ReportEvent,
    RunInfo, Summary, summary,
};

/// How long the target may take to answer the availability check.
const AVAILABILITY_LIMIT: Duration = Duration::from_secs(10);

/// What every run of a process shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    /// The options.
    pub config: Arc<Config>,
    /// Where events go.
    pub bus: Bus,
    /// The wish to stop.
    pub interrupt: Interrupt,
}

/// A job whose browser is being started, if it takes one. Dropping it before [`Prepared::run`] stops the browser again.
#[derive(Debug)]
pub struct Prepared {
    context: Context,
    job: Job,
    params: Result<Params, Failure>,
    launching: Option<Launching>,
}

#[derive(Debug)]
struct Launching {
    started: Instant,
    task: JoinHandle<Result<Launched, Failure>>,
}

impl Drop for Launching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a run ended; its browser may still be on its way out.
#[derive(Debug)]
pub struct Ended {
    /// The verdict.
    pub outcome: Outcome,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// Over when the documents are safe and the browser is gone.
    pub closing: JoinHandle<()>,
}

impl Context {
    /// Starts the browser of `job`, if it takes one, in the background.
    pub fn prepare(&self, job: Job) -> Prepared {
        let params = job.preflight(&self.config);
        if let Ok(params) = &params {
            self.bus.add_secrets(params.secrets());
        }
        let launching = if params.is_ok() { self.start_browser(&job) } else { None };
        Prepared { context: self.clone(), job, params, launching }
    }

    fn start_browser(&self, job: &Job) -> Option<Launching> {
        if job.kind() == MonitorKind::Api {
            return None;
        }
        let config = self.config.clone();
        let notices = self.bus.notices();
        let device = job.device;
        let task = tokio::spawn(async move { launch(&config, device, &notices).await });
        Some(Launching { started: Instant::now(), task })
    }

    /// Waits for the browser, unless we are interrupted.
    async fn browser(&self, mut launching: Launching) -> Result<Launched, Failure> {
        tokio::select! {
            biased;
            launched = &mut launching.task => match launched {
                Ok(result) => result,
                Err(error) => Err(Failure::harness(format!("the start of the browser broke off: {error}"))),
            },
            failure = self.interrupt.failure() => Err(failure),
        }
    }
}

/// One attempt, while and after it goes on; of several iterations, the one that goes on.
struct Attempt {
    number: u32,
    /// When the iteration began.
    started: Instant,
    /// When the attempt began.
    begun: (Instant, Timestamp),
    judged: Judged,
    /// Of each iteration.
    figures: Vec<Figures>,
    launched: Option<Launched>,
    failure: Option<Failure>,
    stuck: bool,
    attachments: Vec<String>,
    page: Option<Page>,
    recording: Option<Recording>,
    recorded: Option<summary::Recording>,
    /// Whether its figures can be trusted, where that was looked at.
    reliability: Option<Reliability>,
}

impl Attempt {
    /// Ends the recording, if there is one: its documents come before those that close the attempt.
    async fn end_recording(&mut self, run: &RunState) {
        self.page = None;
        if let Some(recording) = self.recording.take() {
            let Recorded { seen, kept, missed, files } = recording.end(run, self.failure.is_some()).await;
            self.recorded = Some(summary::Recording { seen, kept, missed });
            self.attachments.extend(files);
        }
    }
}

impl Prepared {
    /// Runs the job to its verdict. `before` is the way out of the run before: the first step does not begin until
    /// that is over, so that nothing of ours competes with the page. `last_step_over` is called when no page of this
    /// run will be measured any more: the next browser may start beside what is left to do here.
    pub async fn run(mut self, before: Option<JoinHandle<()>>, last_step_over: impl FnOnce() + Send) -> Ended {
        let Context { config, bus, interrupt } = self.context.clone();
        let mut labels = config.labels.clone();
        labels.extend(self.job.tags.iter().cloned());
        let info = Arc::new(RunInfo {
            uuid: Uuid::now_v7(),
            monitor: self.job.name.clone(),
            description: self.job.description.clone(),
            labels,
            location: config.location.clone(),
            max_attempts: self.job.retries + 1,
        });
        let run = Arc::new(RunState::new(info.clone(), config.clone(), bus.clone()));
        let run_started = Instant::now();
        bus.emit(Event::RunStarted { run: info.clone() });
        let phase = run.phase_started(Phase::Start);
        if config.env_print {
            run.document(None, &env_document(&config));
        }
        run.phase_ended(Phase::Start, phase);

        let mut before = before;
        let mut last_step_over = Some(last_step_over);
        let mut number = 1;
        let (attempt, outcome) = loop {
            run.begin_attempt(number);
            let mut attempt = self.iterations(&run, number, &mut before).await;
            let will_retry = attempt.failure.is_some()
                && number < info.max_attempts
                && self.params.is_ok()
                && !attempt.stuck
                && interrupt.raised().is_none();
            if !will_retry && let Some(last_step_over) = last_step_over.take() {
                last_step_over();
            }
            let outcome = match (&attempt.failure, number) {
                (None, 1) if attempt.judged.warnings.is_empty() => Outcome::Passed,
                (None, 1) => Outcome::Degraded,
                (None, _) => Outcome::Flaky,
                (Some(_), _) => Outcome::Failed,
            };
            attempt.end_recording(&run).await;
            self.test_end(&run, &attempt);
            run.iterations_are_over();
            self.statistics(&run, &attempt);
            self.summary(&run, &attempt, (!will_retry).then_some(outcome));
            bus.emit(Event::AttemptEnded {
                run: info.clone(),
                attempt: number,
                duration: attempt.begun.0.elapsed(),
                failure: attempt.failure.clone(),
                will_retry,
            });
            if !will_retry {
                break (attempt, outcome);
            }
            stop(&run, attempt.launched.take()).await;
            number += 1;
            self.launching = self.context.start_browser(&self.job);
        };
        bus.emit(Event::RunEnded {
            run: info.clone(),
            outcome,
            duration: run_started.elapsed(),
            failure: attempt.failure.clone(),
            attempts: number,
            warnings: attempt.judged.warnings,
        });
        let launched = attempt.launched;
        let closing = tokio::spawn(async move {
            stop(&run, launched).await;
            run.close();
            bus.emit(Event::RunClosed { run: info });
        });
        Ended { outcome, failure: attempt.failure, closing }
    }

    /// One attempt up to its verdict: one iteration, or as many as are wanted until one fails, each in a browser of its
    /// own. That of the last one is still there.
    async fn iterations(&mut self, run: &Arc<RunState>, number: u32, before: &mut Option<JoinHandle<()>>) -> Attempt {
        let iterations = self.job.iterations;
        let mut figures = Vec::new();
        let mut begun = None;
        for iteration in 1.. {
            if iterations > 1 {
                run.begin_iteration(iteration, iterations);
            }
            let mut attempt = self.attempt(run, number, iteration, &mut figures, before.take()).await;
            attempt.begun = *begun.get_or_insert(attempt.begun);
            if let Some(failure) = attempt.failure.take_if(|_| iterations > 1) {
                let is_budget = failure.kind == FailureKind::Budget && iteration == iterations;
                let named = failure.clone().context(format_args!("iteration {iteration} of {iterations}"));
                attempt.failure = Some(if is_budget { failure } else { named });
            }
            if attempt.failure.is_some() || iteration >= iterations {
                attempt.figures = figures;
                return attempt;
            }
            attempt.end_recording(run).await;
            self.test_end(run, &attempt);
            stop(run, attempt.launched.take()).await;
            self.launching = self.context.start_browser(&self.job);
        }
        unreachable!("an iteration is the last one, or fails")
    }

    /// One iteration of an attempt; the last one judges the budgets by `figures`, to which each adds its own.
    async fn attempt(
        &mut self,
        run: &Arc<RunState>,
        number: u32,
        iteration: u32,
        figures: &mut Vec<Figures>,
        before: Option<JoinHandle<()>>,
    ) -> Attempt {
        let config = &self.context.config;
        let launching = self.launching.take();
        let started = launching.as_ref().map_or_else(Instant::now, |launching| launching.started);
        let mut attempt = Attempt {
            number,
            started,
            begun: (started, Timestamp::now()),
            judged: Judged::default(),
            figures: Vec::new(),
            launched: None,
            failure: None,
            stuck: false,
            attachments: Vec::new(),
            page: None,
            recording: None,
            recorded: None,
            reliability: None,
        };
        let phase = run.phase_started(Phase::Prepare);
        let params = match &self.params {
            Ok(params) => params.clone(),
            Err(failure) => {
                attempt.failure = Some(failure.clone());
                run.phase_ended(Phase::Prepare, phase);
                leave(before).await;
                self.test_start(run, None);
                self.nothing_seen(run);
                return attempt;
            }
        };
        let launched = if let Some(launching) = launching {
            self.context.browser(launching).await.map(Some)
        } else {
            // Read now, so that it is no part of the first step. Without any, the first request over TLS says so.
            let _ = system_certificates().await;
            Ok(None)
        };
        run.phase_ended(Phase::Prepare, phase);
        leave(before).await;
        let base_url = self.job.base_url(config);
        let client = client(config, run, base_url);
        let given = match launched {
            Ok(Some(launched)) => {
                let launched = attempt.launched.insert(launched);
                run.has_browser(&launched.facts.devtools_url, launched.killer());
                // Before anything is asked of the browser: it shows an empty page and has nothing to tell yet.
                // Of several iterations, none tells how they are judged.
                let budgets = if self.job.iterations > 1 { &[] } else { &*self.job.budgets };
                attempt.recording = Recording::start(run, &launched.devtools, &launched.facts, budgets);
                let page = async {
                    let limit = config.wait_for_timeout;
                    let page =
                        Page::with_soft_failures(launched, base_url.cloned(), limit, run.soft_failures()).await?;
                    run.set_conditions(Some(page.conditions().clone()));
                    if !self.job.throttle.is_none() {
                        page.set_throttle(self.job.throttle.clone()).await?;
                    }
                    Ok(page)
                };
                page.await.map(|page| Given::Browser(Browser::new(page, run.clone(), params, client)))
            }
            Ok(None) => Ok(Given::Api(Api::new(client, run.clone(), params))),
            Err(failure) => Err(failure),
        };
        self.test_start(run, attempt.launched.as_ref());
        let given = match given {
            Ok(given) => given,
            Err(failure) => {
                attempt.failure = Some(failure);
                self.nothing_seen(run);
                return attempt;
            }
        };
        if let (true, (1, 1), Some(url)) = (config.availability_check, (number, iteration), base_url) {
            let phase = run.phase_started(Phase::Availability);
            run.document(None, &availability::measure(url, AVAILABILITY_LIMIT).await);
            run.phase_ended(Phase::Availability, phase);
        }
        let page = given.page().cloned();
        attempt.page.clone_from(&page);
        if let (Some(page), Some(recording)) = (&page, &attempt.recording) {
            let process = attempt.launched.as_ref().and_then(|launched| launched.process);
            run.set_measures(Some(Measures::start(run, page, process, recording.marks()).await));
        }
        let phase = run.phase_started(Phase::Execution);
        let Executed { failure, stuck, attachments } =
            execute(run, given, self.job.body(), self.job.timeout, &self.context.interrupt).await;
        if let Some(measures) = run.measures() {
            attempt.reliability = measures.finish().await;
            run.set_measures(None);
        }
        let gap = match &mut attempt.recording {
            Some(recording) => recording.attempt_is_over(page.as_ref()).await,
            None => Some("nothing of the browser is recorded".to_owned()),
        };
        figures.push(measured(run, gap.is_none()));
        let is_last = iteration >= self.job.iterations;
        if is_last && run.failure(failure.as_ref()).is_none() {
            let kind = self.job.kind();
            let why = |budget: &Budget, figures: &Figures| budget::why(budget, figures, config, kind, gap.as_deref());
            attempt.judged = budget::judge(&self.job.budgets, figures, why);
        }
        let failure = failure.or_else(|| attempt.judged.failure());
        attempt.failure = run.failure(failure.as_ref());
        attempt.stuck = stuck;
        attempt.attachments = attachments;
        run.phase_ended(Phase::Execution, phase);
        if let (Some(page), Some(told)) = (&page, &attempt.failure)
            && page.is_alive()
        {
            tokio::select! {
                biased;
                _ = self.context.interrupt.failure() => {}
                () = pause::after_attempt(run, page, told, failure.as_ref()) => {}
            }
        }
        attempt
    }

    /// The document of a URL of smoke mode that was never opened: whoever looks for the URL finds it.
    fn nothing_seen(&self, run: &RunState) {
        if let Some(nothing_seen) = self.job.nothing_seen() {
            run.document(None, &nothing_seen);
        }
    }

    fn test_start(&self, run: &RunState, launched: Option<&Launched>) {
        let facts = launched.map(|launched| &launched.facts);
        run.document(
            None,
            &Report {
                base_url: self.job.base_url(&self.context.config).map(ToString::to_string),
                selenium_cluster: facts.map(|facts| facts.webdriver_url.clone()),
                session_id: facts.map(|facts| facts.session_id.clone()),
                capabilities: facts.map(|facts| Capabilities {
                    browser_name: facts.browser_name.clone(),
                    browser_version: facts.browser_version.clone(),
                    driver_version: Some(facts.driver_version.clone()),
                    chrome_options: ChromeOptions { args: facts.args.clone() },
                }),
                throttling: run.throttling(),
                ..Report::of(ReportEvent::TestStart)
            },
        );
        run.document(
            None,
            &Report {
                title: Some(self.job.name.clone()),
                full_title: Some(self.job.name.clone()),
                ..Report::of(ReportEvent::SuiteStart)
            },
        );
    }

    /// The closing report of an iteration.
    #[expect(clippy::unused_self, reason = "it is the counterpart of test_start")]
    fn test_end(&self, run: &RunState, attempt: &Attempt) {
        let duration = attempt.started.elapsed();
        let failure = attempt.failure.as_ref();
        run.document(
            None,
            &Report {
                passed: Some(failure.is_none()),
                err_message: failure.map(|failure| failure.message.clone()),
                err_type: failure.map(|failure| failure.kind),
                fault: failure.map(|failure| failure.fault),
                attachment_links: run.links(&attempt.attachments),
                attachments: Some(&attempt.attachments).filter(|paths| !paths.is_empty()).cloned(),
                total_runner_duration: Some(millis(duration)),
                total_test_steps_duration: Some(millis(steps_total(&run.steps_over()))),
                ..Report::of(ReportEvent::TestEnd)
            },
        );
    }

    /// What the iterations of an attempt measured, when all of them came to their end.
    fn statistics(&self, run: &RunState, attempt: &Attempt) {
        let wanted = self.job.iterations;
        let complete = attempt.failure.as_ref().is_none_or(|failure| failure.kind == FailureKind::Budget);
        if wanted < 2 || !complete || attempt.figures.len() < wanted as usize {
            return;
        }
        let statistics = statistics::all(&attempt.figures);
        for figure in &statistics {
            run.document(None, figure);
        }
        run.bus.emit(Event::IterationsEnded { run: run.info.clone(), statistics: statistics.into() });
    }

    /// The closing document of an attempt; `outcome` is the run's, on its final attempt.
    fn summary(&self, run: &RunState, attempt: &Attempt, outcome: Option<Outcome>) {
        let (started, started_at) = attempt.begun;
        let duration = started.elapsed();
        let failure = attempt.failure.as_ref();
        let up = u32::from(failure.is_none());
        let Judged { results, warnings, .. } = &attempt.judged;
        run.document(
            None,
            &Summary {
                monitor: summary::Monitor {
                    kind: self.job.kind().heartbeat(),
                    status: if up == 1 { "up" } else { "down" },
                    duration: summary::Duration { us: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) },
                    timespan: summary::Timespan { gte: rfc3339(started_at), lt: rfc3339(Timestamp::now()) },
                    check_group: format!("{}-{}", run.info.uuid, attempt.number),
                },
                summary: summary::Verdict {
                    up,
                    down: 1 - up,
                    attempt: attempt.number,
                    max_attempts: run.info.max_attempts,
                    final_attempt: outcome.is_some(),
                    outcome,
                    warnings: Some(warnings.clone()).filter(|warnings| !warnings.is_empty()),
                    iterations: Some(self.job.iterations).filter(|iterations| *iterations > 1),
                },
                error: failure.map(|failure| summary::Error {
                    message: failure.message.clone(),
                    kind: failure.kind,
                    fault: failure.fault,
                }),
                url: self.job.base_url(&self.context.config).map(|url| summary::Url { full: url.to_string() }),
                budgets: Some(results.clone()).filter(|results| !results.is_empty()),
                recording: attempt.recorded.clone(),
                reliable: attempt.reliability.as_ref().map(|reliability| reliability.reasons.is_empty()),
                unreliable_reasons: attempt
                    .reliability
                    .as_ref()
                    .map(|reliability| reliability.reasons.iter().map(|&reason| reason.to_owned()).collect()),
                git: summary_git(&self.context.config),
                preparation: self.context.config.preparation.clone(),
                observer: summary::Observer { name: run.info.location.clone() },
            },
        );
    }
}

/// What was measured of an iteration; `complete` says whether everything was derived that it did.
fn measured(run: &RunState, complete: bool) -> Figures {
    let mut samples = run.measured().samples();
    let mut counted = Vec::new();
    if complete {
        counted = Figures::counted(run.config.request_log, run.config.console_intercept);
    } else {
        // A sum of which something is missing is none.
        samples.retain(|sample| !sample.metric.is_sum());
    }
    Figures { steps: run.steps_over(), samples, counted }
}

/// What an attempt sends requests with that are not the page's.
fn client(config: &Config, run: &RunState, base_url: Option<&Url>) -> Client {
    let credentials = config.basic_auth.as_ref().map(|auth| (auth.user.as_str(), auth.password.expose_secret()));
    let soft = run.soft_failures();
    let note = Arc::new(move |failure| soft.note(failure));
    Client::new(base_url, &config.headers, credentials, config.wait_for_timeout, note)
}

/// Waits until the run before is over and its browser gone.
async fn leave(before: Option<JoinHandle<()>>) {
    if let Some(before) = before {
        // A panic in there was told already.
        let _ = before.await;
    }
}

/// The stop phase of an attempt: its browser goes.
async fn stop(run: &RunState, launched: Option<Launched>) {
    let phase = run.phase_started(Phase::Stop);
    if let Some(launched) = launched {
        launched.close().await;
    }
    left_to_threads().await;
    run.phase_ended(Phase::Stop, phase);
}

/// Where the monitors come from.
pub(super) fn summary_git(config: &Config) -> Option<summary::Git> {
    let (repository, reference) = (config.repository.clone(), config.git_revision.clone());
    (repository.is_some() || reference.is_some()).then_some(summary::Git { repository, reference })
}

pub(super) fn env_document(config: &Config) -> Env {
    Env {
        env: config.env_document(),
        version: env!("CARGO_PKG_VERSION"),
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}

/// True for failures that are not the application's or the network's: the run says nothing about the application.
pub(crate) fn is_infrastructure(failure: &Failure) -> bool {
    use crate::record::Fault;
    matches!(failure.fault, Fault::Browser | Fault::Harness) || failure.kind == FailureKind::Harness
}
