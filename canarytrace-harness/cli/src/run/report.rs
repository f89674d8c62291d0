//! Says that there are no monitors to run: on standard error, in documents, in the exit code.

use canarytrace::config::Config;
use canarytrace::harness::report_failed_start;
use canarytrace::record::Failure;

use super::phases::Phases;
use super::progress::Progress;
use super::trouble::{Kind, Trouble};

/// Longest message of a failure in documents, bytes.
const LONGEST: usize = 8 * 1024;

/// Tells it everywhere, and gives the exit code. The site is not down because a clone failed, so the fault is ours.
pub(super) fn report(mut config: Config, monitor: &str, trouble: &Trouble, phases: &Phases, progress: &Progress) -> u8 {
    progress.say(&format!("error: {trouble}"));
    progress.say(&format!("no monitors after {}", phases.words()));
    if trouble.kind == Kind::Usage {
        return trouble.kind.exit_code();
    }
    config.preparation = Some(phases.so_far());
    if let Some(repository) = &config.git_repository {
        config.repository = Some(repository.url());
    }
    let failure = Failure::harness(shortened(progress.masked(&trouble.whole())));
    let told = progress.clone();
    match report_failed_start(config, monitor, &failure, phases.started, move |notice| told.say(notice)) {
        Ok(run) => progress.say(&format!("this failure is run {run} of {monitor}")),
        Err(failure) => progress.say(&format!("error: {}", failure.message)),
    }
    trouble.kind.exit_code()
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        text.push_str("\n…");
    }
    text
}
