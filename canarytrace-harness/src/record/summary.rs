//! Dataset `summary`: one document a run attempt, in the names of the Elastic Common Schema and Heartbeat.

use super::budget::BudgetResult;
use super::document::{Absent, Mapping, document};
use super::failure::{FailureKind, Fault, Outcome};

document! {
    /// The span of time a monitor's verdict stands for.
    pub struct Timespan {
        /// Start of the attempt, RFC 3339.
        gte: String => "gte": Mapping::Date,
        /// End of the attempt, RFC 3339.
        lt: String => "lt": Mapping::Date,
    }
}

document! {
    /// Duration in the unit that Elastic's uptime arithmetic reads.
    pub struct Duration {
        /// Microseconds.
        us: i64 => "us": Mapping::Long,
    }
}

document! {
    /// What Heartbeat says of a monitor, beside its id and name, which every document has.
    pub struct Monitor {
        /// `browser`, or `http` for a monitor that takes an `Api` and starts none.
        kind: &'static str => "type": Mapping::Keyword,
        /// `up` or `down`; `unknown` when the monitor could not even be begun, so that nothing was asked of the site.
        status: &'static str => "status": Mapping::Keyword,
        /// Duration of the attempt.
        duration: Duration => "duration": Mapping::Object(Duration::FIELDS),
        /// The span of time the verdict stands for.
        timespan: Timespan => "timespan": Mapping::DateRange,
        /// The run and attempt that documents of one check share.
        check_group: String => "check_group": Mapping::Keyword,
    }
}

document! {
    /// The verdict, in Heartbeat's names.
    pub struct Verdict {
        /// 1 when the attempt passed.
        up: u32 => "up": Mapping::Long,
        /// 1 when the attempt failed.
        down: u32 => "down": Mapping::Long,
        /// Number of the attempt, from 1.
        attempt: u32 => "attempt": Mapping::Long,
        /// How many attempts the run may have.
        max_attempts: u32 => "max_attempts": Mapping::Long,
        /// Whether no attempt follows.
        final_attempt: bool => "final_attempt": Mapping::Boolean,
        /// Outcome of the run, on its final attempt: passed, degraded, flaky or failed.
        outcome: Option<Outcome> => "outcome": Mapping::Keyword,
        /// Broken budgets that only warn.
        warnings: Option<Vec<String>> => "warnings": Mapping::TextRaw,
        /// How many iterations the attempt made, each with a browser of its own; none when it was to make one.
        iterations: Option<u32> => "iterations": Mapping::Long,
    }
}

document! {
    /// Why the attempt failed.
    pub struct Error {
        /// Message.
        message: String => "message": Mapping::TextRaw,
        /// Kind of the failure.
        kind: FailureKind => "type": Mapping::Keyword,
        /// Whose fault the failure is.
        fault: Fault => "fault": Mapping::Keyword,
    }
}

document! {
    /// The monitored URL.
    pub struct Url {
        /// The URL in full.
        full: String => "full": Mapping::TextRaw,
    }
}

document! {
    /// Where the monitor ran.
    pub struct Observer {
        /// Name of the location.
        name: String => "name": Mapping::Keyword,
    }
}

document! {
    /// What the browser told while the attempt went on, and how much of it was recorded.
    pub struct Recording {
        /// Messages that the browser sent.
        seen: u64 => "seen": Mapping::Long,
        /// Of these, those that were recorded.
        kept: u64 => "kept": Mapping::Long,
        /// Of these, those that were not, because more came than could be taken in.
        missed: u64 => "missed": Mapping::Long,
    }
}

document! {
    /// Where the monitors come from, beside the commit that every document has.
    pub struct Git {
        /// The repository, without credentials.
        repository: Option<String> => "repository": Mapping::Keyword,
        /// What was asked for: a branch, a tag, a SHA.
        reference: Option<String> => "reference": Mapping::Keyword,
    }
}

document! {
    /// How long it took `canarytrace run` to have the executable with the monitors.
    pub struct Preparation {
        /// Whether it was in the build cache.
        cached: bool => "cached": Mapping::Boolean,
        /// Whether it is an older build of the branch, because the newest could not be had.
        stale: bool => "stale": Mapping::Boolean,
        /// Duration of asking what the branch stands at, ms.
        resolve: Option<f64> => "resolve": Mapping::Double,
        /// Duration of cloning, ms.
        clone: Option<f64> => "clone": Mapping::Double,
        /// Duration of building, ms; the wait for another builder included.
        build: Option<f64> => "build": Mapping::Double,
        /// Duration of checking the executable in the cache, ms.
        verify: Option<f64> => "verify": Mapping::Double,
        /// All of it, from the start of the process, ms.
        total: f64 => "total": Mapping::Double,
    }
}

document! {
    /// The verdict of each attempt, with what Elastic's own uptime arithmetic needs.
    pub struct Summary = "summary" {
        /// The monitor.
        monitor: Monitor => "monitor": Mapping::Object(Monitor::FIELDS),
        /// The verdict.
        summary: Verdict => "summary": Mapping::Object(Verdict::FIELDS),
        /// Why the attempt failed.
        error: Option<Error> => "error": Mapping::Object(Error::FIELDS),
        /// The monitored URL.
        url: Option<Url> => "url": Mapping::Object(Url::FIELDS),
        /// The budgets, and how they were judged; none when the attempt failed before.
        budgets: Option<Vec<BudgetResult>> => "budgets": Mapping::Object(BudgetResult::FIELDS),
        /// How complete its record is; none without a browser.
        recording: Option<Recording> => "recording": Mapping::Object(Recording::FIELDS),
        /// Whether its figures can be trusted; none without a browser, or with `CANARYTRACE_USAGE=no`.
        reliable: Option<bool> => "reliable": Mapping::Boolean,
        /// Why not: `throttled`, `slow-machine`, `steal`, `cpu-pressure`.
        unreliable_reasons: Option<Vec<String>> => "unreliableReasons": Mapping::Keyword,
        /// Where the monitors come from, when they are of a repository.
        git: Option<Git> => "git": Mapping::Object(Git::FIELDS),
        /// How long it took to have them, when `canarytrace run` started them.
        preparation: Option<Preparation> => "preparation": Mapping::Object(Preparation::FIELDS),
        /// Where it ran.
        observer: Observer => "observer": Mapping::Object(Observer::FIELDS),
    }
}

impl Default for Preparation {
    fn default() -> Self {
        Self { cached: false, stale: false, resolve: None, clone: None, build: None, verify: None, total: 0.0 }
    }
}

impl Absent for Timespan {}
impl Absent for Duration {}
impl Absent for Monitor {}
impl Absent for Verdict {}
impl Absent for Outcome {}
impl Absent for Error {}
impl Absent for Url {}
impl Absent for Recording {}
impl Absent for Git {}
impl Absent for Preparation {}
impl Absent for Observer {}
