//! When monitors run, and how they end.

use std::time::Duration;

use canarytrace::config::Config;

use super::super::objects::{Pod, problem};
use super::super::{Manifests, Problem};
use super::options;

/// Most that a signal takes to end a run, in seconds (README.md in `k8s/`), and one more.
const GRACE: u64 = 6;

/// A failed monitor is a result: nothing is tried again, and it ends.
pub(super) fn job(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        let Some(job) = pod.job else { continue };
        if pod.spec["restartPolicy"] != "Never" {
            problems.push(pod.problem("job", "restartPolicy is not Never"));
        }
        if pod.is_monitor() && job["backoffLimit"] != 0 {
            problems.push(pod.problem("job", "backoffLimit is not 0"));
        }
        if job["activeDeadlineSeconds"].as_u64().is_none_or(|seconds| seconds == 0) {
            problems.push(pod.problem("job", "activeDeadlineSeconds is missing"));
        }
        if pod.object["kind"] == "Job" && job["ttlSecondsAfterFinished"].is_null() {
            problems.push(pod.problem("job", "ttlSecondsAfterFinished is missing: it would stay for ever"));
        }
    }
    problems
}

/// No two runs of a monitor at once, no pile of old ones, and none too late.
pub(super) fn schedule(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for cronjob in manifests.of_kind("CronJob") {
        let spec = &cronjob["spec"];
        let mut wrong = |what: &str| problems.push(problem(cronjob, "schedule", what));
        if spec["concurrencyPolicy"] != "Replace" && spec["concurrencyPolicy"] != "Forbid" {
            wrong("concurrencyPolicy is neither Replace nor Forbid");
        }
        // Below ten seconds the controller, which looks every ten, would miss runs.
        if spec["startingDeadlineSeconds"].as_u64().is_none_or(|seconds| seconds < 10) {
            wrong("startingDeadlineSeconds is missing, or below 10");
        }
        for history in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
            if spec[history].as_u64().is_none_or(|jobs| jobs == 0 || jobs > 5) {
                wrong(&format!("{history} is none from 1 to 5"));
            }
        }
        if spec["timeZone"].is_null() {
            wrong("timeZone is missing: the schedule would be that of wherever the cluster is");
        }
    }
    problems
}

/// A Job lives longer than its monitor may take: else it would end runs that would have told why they are slow.
pub(super) fn deadline(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods().filter(|pod| pod.is_monitor()) {
        let Some(deadline) = pod.job.and_then(|job| job["activeDeadlineSeconds"].as_u64()) else { continue };
        let Some(needed) = needed(manifests, pod) else { continue };
        if Duration::from_secs(deadline) <= needed {
            let what = format!("activeDeadlineSeconds is {deadline}, and its runner may need {} s", needed.as_secs());
            problems.push(pod.problem("deadline", what));
        }
    }
    problems
}

/// The longest that a runner can need by its options. None where these can't be read, which is another rule's matter.
fn needed(manifests: &Manifests, pod: Pod<'_>) -> Option<Duration> {
    let runner = pod.all_containers().find(|container| container["name"] == "runner")?;
    let given = options::given(manifests, runner);
    let config = Config::from_parts(options::readable(&given), None).ok()?;
    // An option of its own, which tests of a version before it don't know.
    let offset = given.get("CANARYTRACE_START_OFFSET").and_then(|text| options::duration(text)).unwrap_or_default();
    Some(offset + config.timeout * (config.retries + 1) + config.flush)
}

/// SIGTERM in the middle of a run still delivers.
pub(super) fn grace(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        if pod.spec["terminationGracePeriodSeconds"].as_u64().is_none_or(|seconds| seconds < GRACE) {
            problems.push(pod.problem("grace", format!("terminationGracePeriodSeconds is missing, or below {GRACE}")));
        }
    }
    problems
}
