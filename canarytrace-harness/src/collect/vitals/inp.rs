//! Interaction to Next Paint: how long the longest interaction took, but for one of each 50.

use std::collections::HashMap;

use crate::record::vitals::InpAttribution;

/// Of so many interactions, the longest one is left out.
const ONE_OF: u64 = 50;

/// Events whose frames were shown within so many ms of each other were shown in the same frame: durations are rounded to
/// 8 ms.
const SAME_FRAME: f64 = 8.0;

/// What takes less has no entry, ms.
const LEAST: f64 = 16.0;

/// An input event, as an entry of type `event` or `first-input` tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputEvent {
    /// What it was: `pointerdown`, `click`, `keydown` …
    pub name: String,
    /// When it was, ms.
    pub at: f64,
    /// How long it took until the next frame was shown, ms.
    pub duration: f64,
    /// When the page began to handle it, ms.
    pub processing_start: f64,
    /// When the page had handled it, ms.
    pub processing_end: f64,
    /// Events of one interaction share it; 0: it is of none.
    pub interaction: i64,
    /// The element, as a selector.
    pub target: Option<String>,
}

/// The event that stands for the interaction which counts. `interactions` is how many there were, those included that were
/// too short for an entry.
pub fn decisive(events: &[InputEvent], interactions: u64) -> Option<&InputEvent> {
    let mut longest: HashMap<i64, &InputEvent> = HashMap::new();
    for event in events.iter().filter(|event| event.interaction > 0) {
        let so_far = longest.entry(event.interaction).or_insert(event);
        if event.duration > so_far.duration {
            *so_far = event;
        }
    }
    let mut longest: Vec<&InputEvent> = longest.into_values().collect();
    // Of equally long ones the earlier one comes first.
    longest.sort_by(|one, other| other.duration.total_cmp(&one.duration).then(one.at.total_cmp(&other.at)));
    let left_out = usize::try_from(interactions.max(longest.len() as u64) / ONE_OF).unwrap_or(usize::MAX);
    longest.get(left_out.min(longest.len().checked_sub(1)?)).copied()
}

/// Of what the time of an interaction consists; moments count from `start`.
pub(super) fn attribution(decisive: &InputEvent, events: &[InputEvent], start: f64) -> InpAttribution {
    let shown = decisive.at + decisive.duration;
    // What was handled for the same frame.
    let same = || events.iter().filter(|event| (event.at + event.duration - shown).abs() <= SAME_FRAME);
    let began = same().map(|event| event.processing_start).fold(decisive.processing_start, f64::min);
    let ended = same().map(|event| event.processing_end).fold(decisive.processing_end, f64::max);
    let began = began.max(decisive.at);
    let shown = shown.max(began);
    let ended = ended.min(shown);
    let of_same = |event: &&InputEvent| event.interaction == decisive.interaction && event.target.is_some();
    InpAttribution {
        interaction_target: events.iter().find(of_same).and_then(|event| event.target.clone()),
        interaction_type: if decisive.name.starts_with("key") { "keyboard" } else { "pointer" },
        event_type: decisive.name.clone(),
        interaction_time: decisive.at - start,
        input_delay: began - decisive.at,
        processing_duration: ended - began,
        presentation_delay: shown - ended,
    }
}

/// The time of interactions of which the browser told none: all were shorter than it tells of, ms.
pub(super) fn too_short() -> f64 {
    LEAST / 2.0
}
