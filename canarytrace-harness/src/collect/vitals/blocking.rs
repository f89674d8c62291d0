//! Long tasks and long animation frames, and for how long they block the page.

use crate::record::vitals::{LongAnimationFrames, LongTasks};

/// What takes longer blocks, ms.
const MOST: f64 = 50.0;

/// A task, or a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Busy {
    /// When it began, ms.
    pub at: f64,
    /// How long it took, ms.
    pub duration: f64,
    /// Frames: for how long input had to wait, ms.
    pub blocking: f64,
}

/// Total Blocking Time from `fcp` on: what each task took after it, beyond 50 ms.
pub fn total_blocking_time(tasks: &[Busy], fcp: f64) -> f64 {
    sum(tasks.iter().map(|task| (task.at + task.duration - task.at.max(fcp) - MOST).max(0.0)))
}

pub(super) fn long_tasks(tasks: &[Busy]) -> LongTasks {
    LongTasks { count: tasks.len() as u64, duration: duration(tasks), longest: longest(tasks) }
}

pub(super) fn long_animation_frames(frames: &[Busy]) -> LongAnimationFrames {
    LongAnimationFrames {
        count: frames.len() as u64,
        duration: duration(frames),
        longest: longest(frames),
        blocking_duration: sum(frames.iter().map(|frame| frame.blocking)),
    }
}

fn duration(of: &[Busy]) -> f64 {
    sum(of.iter().map(|one| one.duration))
}

fn longest(of: &[Busy]) -> f64 {
    of.iter().map(|one| one.duration).fold(0.0, f64::max)
}

/// `Iterator::sum` of none is -0.
fn sum(of: impl Iterator<Item = f64>) -> f64 {
    of.fold(0.0, |sum, one| sum + one)
}
