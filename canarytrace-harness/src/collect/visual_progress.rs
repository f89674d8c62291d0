//! Dataset `visual-progress`: how a page came to look as it does, from the pictures that the browser drew
//! (`Page.screencastFrame`).
//!
//! The measure is that of `WebPageTest` and Lighthouse: a picture's *visual completeness* is how much of the change from a
//! white window to the page's last picture there is in its histogram ([`Histogram::progress`]); *Speed Index* is the area
//! above its curve, from the start of the navigation to the last change. The last picture is the last one before the
//! first input, the end of the step, the next page, or 10 s behind the `load` event.
//!
//! Times are the browser's monotonic ones, from the request of the document, which the browser says 2 to 3 ms after the
//! `navigationStart` of the page; a change is seen with the frame that draws it, every 17 ms at best.

use std::collections::HashMap;

use uuid::Uuid;

use super::cut::{LONG, beginning};
use super::histogram::Histogram;
use crate::devtools::protocol::page::ScreencastFrame;
use crate::devtools::protocol::{Event, Message};
use crate::record::{Metric, VisualProgress};

/// Pictures later than this behind the `load` event are of no page load, s.
const AFTER_LOAD: f64 = 10.0;

/// Pictures of one page load that are looked at: a minute of a film.
const MOST_FRAMES: usize = 3600;

/// Requests for documents that no page came of yet.
const MOST_ASKED: usize = 100;

/// The figures of a document, for budgets.
pub fn figures(document: &VisualProgress) -> Vec<(Metric, f64)> {
    let figures = [
        (Metric::FirstVisualChange, document.first_visual_change),
        (Metric::SpeedIndex, document.speed_index),
        (Metric::VisuallyComplete, document.visually_complete),
    ];
    figures.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect()
}

/// The page loads that messages tell of.
#[derive(Debug, Default)]
pub struct PageLoads {
    /// Documents that were asked for, by session and loader.
    asked: HashMap<(String, String), Asked>,
    /// What is loading, or was just loaded, by session.
    open: HashMap<String, Load>,
}

/// The request of a document.
#[derive(Clone, Debug)]
struct Asked {
    /// s, monotonic.
    start: f64,
    /// What is added to it to get seconds since the epoch.
    epoch: Option<f64>,
    /// When its answer began, s, monotonic.
    answered: Option<f64>,
    step: Option<Uuid>,
}

#[derive(Debug)]
struct Load {
    asked: Asked,
    url: String,
    /// When the event `load` was, s, monotonic.
    loaded: Option<f64>,
    /// Pictures with their times, ms from the start of the navigation.
    frames: Vec<(f64, Histogram)>,
}

impl PageLoads {
    /// Takes the next message; `step` is the innermost one that is open. Gives the page loads that are over with it, each
    /// with its step.
    pub fn push(&mut self, message: &Message<'_>, step: Option<Uuid>) -> Vec<(Option<Uuid>, VisualProgress)> {
        let session = || message.session_id.as_deref().unwrap_or_default().to_owned();
        match &message.event {
            Event::RequestWillBeSent(request) if is_document(request.kind.text()) => {
                let Some(start) = request.timestamp.number() else { return Vec::new() };
                let loader = request.loader_id.text();
                if request.request_id.text() != loader || self.asked.len() >= MOST_ASKED {
                    return Vec::new();
                }
                let epoch = request.wall_time.number().map(|wall| wall - start);
                // A redirect goes on where its first request began.
                let asked = Asked { start, epoch, answered: None, step };
                self.asked.entry((session(), loader.to_owned())).or_insert(asked);
            }
            Event::ResponseReceived(response) if is_document(response.kind.text()) => {
                let key = (session(), response.request_id.text().to_owned());
                if let Some(asked) = self.asked.get_mut(&key) {
                    asked.answered = response.timestamp.number();
                }
            }
            Event::FrameNavigated(navigated) => {
                let Some(frame) = navigated.frame.get().filter(|frame| frame.parent_id.text().is_empty()) else {
                    return Vec::new();
                };
                let session = session();
                let before = self.open.remove(&session);
                let asked = self.asked.remove(&(session.clone(), frame.loader_id.text().to_owned()));
                // What else was asked for in this tab was given up for this page.
                self.asked.retain(|(of, _), other| {
                    *of != session || asked.as_ref().is_some_and(|asked| asked.start < other.start)
                });
                // A page out of the back/forward cache, or about:blank, was not asked for.
                if let Some(asked) = asked {
                    let url = beginning(frame.url.text(), LONG).to_owned();
                    self.open.insert(session, Load { asked, url, loaded: None, frames: Vec::new() });
                }
                return before.into_iter().map(Load::finish).collect();
            }
            Event::LoadEventFired(fired) => {
                if let Some(load) = self.open.get_mut(&session()) {
                    load.loaded = fired.timestamp.number();
                }
            }
            Event::ScreencastFrame(frame) => {
                if let Some(load) = self.open.get_mut(&session()) {
                    load.see(frame);
                }
            }
            Event::PageLoadOver(_) => {
                let session = session();
                return self.end(|of, _| of == session || session.is_empty());
            }
            Event::StepEnded(ended) => {
                if let Ok(ended) = Uuid::parse_str(ended.uuid_action.text()) {
                    return self.end(|_, load| load.asked.step == Some(ended));
                }
            }
            Event::DetachedFromTarget(detached) => return self.end(|of, _| of == detached.session_id.text()),
            Event::AttemptOver(_) => return self.end(|_, _| true),
            _ => {}
        }
        Vec::new()
    }

    /// What is left when there are no more messages.
    pub fn finish(mut self) -> Vec<(Option<Uuid>, VisualProgress)> {
        self.end(|_, _| true)
    }

    fn end(&mut self, over: impl Fn(&str, &Load) -> bool) -> Vec<(Option<Uuid>, VisualProgress)> {
        let mut ended: Vec<Load> = self.open.extract_if(|of, load| over(of, load)).map(|(_, load)| load).collect();
        ended.sort_unstable_by(|a, b| a.asked.start.total_cmp(&b.asked.start));
        ended.into_iter().map(Load::finish).collect()
    }
}

fn is_document(kind: &str) -> bool {
    kind == "Document"
}

impl Load {
    fn see(&mut self, frame: &ScreencastFrame<'_>) {
        let Some(histogram) = frame.histogram.get().and_then(Histogram::of_json) else { return };
        let Some(metadata) = frame.metadata.get() else { return };
        let since_epoch = || Some(metadata.timestamp.number()? - self.asked.epoch?);
        let Some(at) = metadata.monotonic_timestamp.number().or_else(since_epoch) else { return };
        // The page before is still to be seen until this one is there.
        let early = at < self.asked.answered.unwrap_or(self.asked.start);
        let late = self.loaded.is_some_and(|loaded| at > loaded + AFTER_LOAD);
        if !early && !late && self.frames.len() < MOST_FRAMES {
            self.frames.push(((at - self.asked.start) * 1000.0, histogram));
        }
    }

    fn finish(self) -> (Option<Uuid>, VisualProgress) {
        let frames = self.frames.len() as u64;
        let looks = Looks::of(&self.frames);
        let figure = |of: &dyn Fn(&Looks) -> f64| looks.as_ref().map(|looks| rounded(of(looks)));
        let complete = |share: f64| figure(&|looks| looks.complete(share));
        let document = VisualProgress {
            url: self.url,
            first_visual_change: figure(&|looks| looks.first),
            last_visual_change: figure(&|looks| looks.last),
            speed_index: figure(&|looks| looks.speed_index),
            visually_complete85: complete(0.85),
            visually_complete95: complete(0.95),
            visually_complete99: complete(0.99),
            visually_complete: complete(1.0),
            frames,
            test_step: None,
        };
        (self.asked.step, document)
    }
}

/// To microseconds: what is behind them comes of seconds with a fraction, and does not survive being read as JSON.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}

/// What pictures of a page load show; all times in ms.
#[derive(Clone, Debug, PartialEq)]
pub struct Looks {
    /// The first picture that is not white all over.
    pub first: f64,
    /// The last picture that differs from the one before.
    pub last: f64,
    /// The area above the curve of visual completeness.
    pub speed_index: f64,
    /// Visual completeness from 0 to 1, by time.
    pub progress: Vec<(f64, f64)>,
}

impl Looks {
    /// Of pictures with their times from the start of the navigation. `None` when nothing is ever to be seen.
    pub fn of(frames: &[(f64, Histogram)]) -> Option<Self> {
        let (_, final_look) = frames.last()?;
        let blank = final_look.blank();
        let progress: Vec<(f64, f64)> =
            frames.iter().map(|(at, look)| Some((*at, look.progress(&blank, final_look)?))).collect::<Option<_>>()?;
        let (first, _) = frames.iter().find(|(_, look)| *look != look.blank())?;
        let last = frames.windows(2).rfind(|pair| pair[0].1 != pair[1].1).map_or(*first, |pair| pair[1].0);
        let (mut speed_index, mut before) = (0.0, (0.0, 0.0));
        for (at, share) in &progress {
            speed_index += (at - before.0) * (1.0 - before.1);
            before = (*at, *share);
        }
        Some(Self { first: *first, last, speed_index, progress })
    }

    /// When so much of the last picture was to be seen for the first time.
    pub fn complete(&self, share: f64) -> f64 {
        self.progress.iter().find(|(_, progress)| *progress >= share).map_or(self.last, |(at, _)| *at)
    }
}

#[cfg(test)]
mod tests;
