//! The documents of a run that could not even be begun, because there is no executable with the monitor.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use uuid::Uuid;

use super::bus::Bus;
use super::lifecycle::{env_document, summary_git};
use super::state::{RunState, millis, rfc3339};
use crate::config::Config;
use crate::record::{Event, Failure, Outcome, Report, ReportEvent, RunInfo, Summary, summary};

/// Emits them. The site is neither up nor down: nobody asked it.
pub(crate) fn failed_start(
    config: &Arc<Config>,
    bus: &Bus,
    monitor: &str,
    failure: &Failure,
    started: (Instant, SystemTime),
) -> Uuid {
    let info = Arc::new(RunInfo {
        uuid: Uuid::now_v7(),
        monitor: monitor.to_owned(),
        description: "The monitor could not be begun.".to_owned(),
        labels: config.labels.clone(),
        location: config.location.clone(),
        max_attempts: 1,
    });
    let run = RunState::new(info.clone(), config.clone(), bus.clone());
    bus.emit(Event::RunStarted { run: info.clone() });
    if config.env_print {
        run.document(None, &env_document(config));
    }
    let target = config.base_urls.first().map(|target| target.text.clone());
    run.document(None, &Report { base_url: target.clone(), ..Report::of(ReportEvent::TestStart) });
    let title = Some(monitor.to_owned());
    run.document(
        None,
        &Report { title: title.clone(), full_title: title, ..Report::of(ReportEvent::SuiteStart) },
    );
    let duration = started.0.elapsed();
    run.document(
        None,
        &Report {
            passed: Some(false),
            err_message: Some(failure.message.clone()),
            err_type: Some(failure.kind),
            fault: Some(failure.fault),
            total_runner_duration: Some(millis(duration)),
            total_test_steps_duration: Some(0.0),
            ..Report::of(ReportEvent::TestEnd)
        },
    );
    let began = Timestamp::try_from(started.1).unwrap_or_else(|_| Timestamp::now());
    run.document(
        None,
        &Summary {
            monitor: summary::Monitor {
                kind: "browser",
                status: "unknown",
                duration: summary::Duration { us: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) },
                timespan: summary::Timespan { gte: rfc3339(began), lt: rfc3339(Timestamp::now()) },
                check_group: format!("{}-1", info.uuid),
            },
            summary: summary::Verdict {
                up: 0,
                down: 0,
                attempt: 1,
                max_attempts: 1,
                final_attempt: true,
                outcome: Some(Outcome::Failed),
                warnings: None,
                iterations: None,
            },
            error: Some(summary::Error {
                message: failure.message.clone(),
                kind: failure.kind,
                fault: failure.fault,
            }),
            url: target.map(|full| summary::Url { full }),
            budgets: None,
            recording: None,
            reliable: None,
            unreliable_reasons: None,
            git: summary_git(config),
            preparation: config.preparation.clone(),
            observer: summary::Observer { name: info.location.clone() },
        },
    );
    bus.emit(Event::AttemptEnded {
        run: info.clone(),
        attempt: 1,
        duration,
        failure: Some(failure.clone()),
        will_retry: false,
    });
    bus.emit(Event::RunEnded {
        run: info.clone(),
        outcome: Outcome::Failed,
        duration,
        failure: Some(failure.clone()),
        attempts: 1,
        warnings: Vec::new(),
    });
    run.close();
    bus.emit(Event::RunClosed { run: info.clone() });
    info.uuid
}
