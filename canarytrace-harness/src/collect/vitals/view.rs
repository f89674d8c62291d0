//! One document while it is shown: what its timeline tells, and the vitals of its load and of the soft navigations in it.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::blocking::{self, Busy};
use super::cls::{self, Shift};
use super::inp::{self, InputEvent};
use super::lcp::{self, LargestPaint, Loaded};
use super::pages::{Finished, Within};
use super::ttfb;
use crate::collect::cut::{Cutter, LONG, SHORT, beginning};
use crate::collect::timeline::{Batch, Entry, number, text};
use crate::record::Vitals;

/// Resources that are remembered, one of which may be what is painted largest.
const MOST_RESOURCES: usize = 2000;

/// How a page began.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beginning {
    /// It was loaded.
    Load,
    /// It came back as it was (back/forward cache) at this moment.
    Restored(f64),
}

/// A soft navigation.
#[derive(Clone, Debug)]
struct SoftNavigation {
    at: f64,
    url: String,
    id: Option<String>,
    /// The interaction that led to it.
    interaction: i64,
    /// `performance.interactionCount` when it was told.
    interactions: u64,
    /// When the first of what it brought was shown, ms.
    painted: Option<f64>,
    within: Within,
}

/// A document while it is shown.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is what the page tells of itself, in any combination")]
pub(super) struct Page {
    document: String,
    url: String,
    within: Within,
    beginning: Beginning,
    visible: bool,
    prerendering: bool,
    discarded: bool,
    /// When it was hidden, ms, in their order.
    hidden: Vec<f64>,
    /// Restored: when it was painted.
    painted_again: Option<f64>,
    interactions_before: u64,
    interactions: u64,
    navigation: Option<Entry>,
    /// Whether the browser gave the entry of the navigation, which it does when that is complete.
    navigation_is_told: bool,
    /// When its contents were painted first, ms.
    painted: Option<f64>,
    paints: Vec<LargestPaint>,
    /// What interactions brought to paint: the interaction with it.
    interaction_paints: Vec<(i64, LargestPaint)>,
    resources: HashMap<String, Vec<Loaded>>,
    shifts: Vec<Shift>,
    events: Vec<InputEvent>,
    tasks: Vec<Busy>,
    frames: Vec<Busy>,
    soft_navigations: Vec<SoftNavigation>,
    told: u64,
    missed: u64,
}

impl Page {
    /// A document of which this is the first that is told while it is shown.
    pub(super) fn new(batch: &Batch, within: Within) -> Self {
        let restored = batch.moments.iter().rev().find(|moment| moment.what == "restored");
        let restored = restored.filter(|_| batch.because == "restored");
        Self {
            document: batch.document.clone(),
            url: batch.url.clone(),
            within,
            beginning: restored.map_or(Beginning::Load, |moment| Beginning::Restored(moment.at)),
            visible: batch.visible,
            prerendering: batch.prerendering,
            discarded: batch.discarded,
            hidden: Vec::new(),
            painted_again: None,
            interactions_before: if restored.is_some() { batch.interactions } else { 0 },
            interactions: batch.interactions,
            navigation: None,
            navigation_is_told: false,
            painted: None,
            paints: Vec::new(),
            interaction_paints: Vec::new(),
            resources: HashMap::new(),
            shifts: Vec::new(),
            events: Vec::new(),
            tasks: Vec::new(),
            frames: Vec::new(),
            soft_navigations: Vec::new(),
            told: 0,
            missed: 0,
        }
    }

    /// The document's own id.
    pub(super) fn document(&self) -> &str {
        &self.document
    }

    /// Takes what it tells.
    pub(super) fn take(&mut self, batch: &Batch, within: &Within) {
        let start = self.start();
        for moment in batch.moments.iter().filter(|moment| moment.at >= start) {
            match moment.what.as_str() {
                "hidden" => self.hidden.push(moment.at),
                "painted" => self.painted_again = self.painted_again.or(Some(moment.at)),
                _ => {}
            }
        }
        self.interactions = batch.interactions.max(self.interactions);
        self.missed += batch.missed.values().sum::<u64>();
        self.told += batch.entries.len() as u64;
        if let Some(navigation) = batch.navigation.as_ref().filter(|_| !self.navigation_is_told) {
            self.navigation = Some(navigation.clone());
        }
        for entry in &batch.entries {
            self.entry(entry, within);
        }
    }

    fn start(&self) -> f64 {
        match self.beginning {
            Beginning::Load => 0.0,
            Beginning::Restored(at) => at,
        }
    }

    fn entry(&mut self, entry: &Entry, within: &Within) {
        let at = number(entry, "startTime").unwrap_or_default();
        let of = |name: &str| number(entry, name).unwrap_or_default();
        let kind = text(entry, "entryType");
        if at < self.start() && kind != "navigation" {
            return;
        }
        match kind {
            "navigation" => {
                self.navigation = Some(entry.clone());
                self.navigation_is_told = true;
            }
            "resource" => self.resource(entry, at),
            "paint" if text(entry, "name") == "first-contentful-paint" => self.painted = Some(at),
            "largest-contentful-paint" => self.paints.push(paint(entry, at)),
            "interaction-contentful-paint" => {
                if let Some(of) = entry.get("largestContentfulPaint").and_then(Value::as_object) {
                    let painted = paint(of, number(of, "renderTime").unwrap_or_default());
                    self.interaction_paints.push((interaction(entry), painted));
                }
            }
            "layout-shift" if entry.get("hadRecentInput") != Some(&Value::Bool(true)) => {
                let sources = entry.get("sources").cloned().unwrap_or_default();
                self.shifts.push(Shift { at, value: of("value"), sources });
            }
            // The first one is there both as itself and, when it was long enough, among the others.
            "event" | "first-input" => self.events.push(InputEvent {
                name: text(entry, "name").to_owned(),
                at,
                duration: of("duration"),
                processing_start: of("processingStart"),
                processing_end: of("processingEnd"),
                interaction: interaction(entry),
                target: target(entry),
            }),
            "longtask" => self.tasks.push(Busy { at, duration: of("duration"), blocking: 0.0 }),
            "long-animation-frame" => {
                self.frames.push(Busy { at, duration: of("duration"), blocking: of("blockingDuration") });
            }
            "soft-navigation" => {
                let painted = [of("presentationTime"), of("paintTime")].into_iter().find(|time| *time > 0.0);
                let interaction = interaction(entry);
                if let Some(of) = entry.get("largestContentfulPaint").and_then(Value::as_object) {
                    let painted = paint(of, number(of, "renderTime").unwrap_or_default());
                    self.interaction_paints.push((interaction, painted));
                }
                self.soft_navigations.push(SoftNavigation {
                    at,
                    url: text(entry, "name").to_owned(),
                    id: navigation_id(entry),
                    interaction,
                    interactions: entry.get("interactionCount").and_then(Value::as_u64).unwrap_or(self.interactions),
                    painted,
                    within: within.clone(),
                });
            }
            _ => {}
        }
    }

    fn resource(&mut self, entry: &Entry, at: f64) {
        if self.resources.len() < MOST_RESOURCES {
            let requested = number(entry, "requestStart").filter(|at| *at > 0.0).unwrap_or(at);
            let end = number(entry, "responseEnd").unwrap_or_default();
            self.resources.entry(text(entry, "name").to_owned()).or_default().push(Loaded { requested, end });
        }
    }

    /// It is over: the vitals of its load and of each soft navigation in it, and the entry of a navigation that never
    /// came to its end.
    pub(super) fn finish(mut self, ended: &'static str) -> Finished {
        let unfinished =
            (!self.navigation_is_told && self.beginning == Beginning::Load).then(|| self.navigation.take());
        let navigation = unfinished.flatten();
        self.navigation = self.navigation.or_else(|| navigation.clone());
        Finished { url: self.url.clone(), within: self.within.clone(), navigation, vitals: self.vitals(ended) }
    }

    fn vitals(mut self, ended: &'static str) -> Vec<(Option<Uuid>, Vitals)> {
        let by_time = |one: f64, other: f64| one.total_cmp(&other);
        self.shifts.sort_by(|one, other| by_time(one.at, other.at));
        self.events.sort_by(|one, other| by_time(one.at, other.at));
        self.soft_navigations.sort_by(|one, other| by_time(one.at, other.at));
        let soft = std::mem::take(&mut self.soft_navigations);
        let mut finished = Vec::new();
        for at in 0..=soft.len() {
            let navigation = at.checked_sub(1).map(|before| &soft[before]);
            let within = navigation.map_or(&self.within, |navigation| &navigation.within);
            finished.push((within.step, self.view(navigation, soft.get(at), ended)));
        }
        finished
    }

    /// The vitals of the load, or of a soft navigation, until the next one.
    fn view(&self, soft: Option<&SoftNavigation>, next: Option<&SoftNavigation>, ended: &'static str) -> Vitals {
        let mut cutter = Cutter::default();
        let load = self.navigation.as_ref().filter(|_| soft.is_none() && self.beginning == Beginning::Load);
        // Everything counts from here.
        let start = soft.map_or(load.map_or(self.start(), ttfb::activation), |soft| soft.at);
        let from = soft.map_or(f64::NEG_INFINITY, |soft| soft.at);
        let until = next.map_or(f64::INFINITY, |next| next.at);
        let is_of = |at: f64| from <= at && at < until;
        let hidden = self.hidden_from(soft.map_or(start, |soft| soft.at), soft.is_none());
        let since = |at: f64| (at - start).max(0.0);
        let event = |name: &str| load.and_then(|load| number(load, name)).filter(|at| *at > 0.0).map(since);

        let painted = match (soft, self.beginning) {
            (Some(soft), _) => soft.painted,
            (None, Beginning::Restored(_)) => self.painted_again,
            (None, Beginning::Load) => self.painted,
        };
        let painted = painted.filter(|at| *at < hidden);
        let largest = match (soft, self.beginning) {
            (Some(soft), _) => {
                let of = |(interaction, paint): &&(i64, LargestPaint)| {
                    *interaction == soft.interaction && paint.at < hidden && paint.at >= soft.at
                };
                self.interaction_paints.iter().filter(of).map(|(_, paint)| paint).next_back()
            }
            (None, Beginning::Restored(_)) => None,
            (None, Beginning::Load) => self.paints.iter().rfind(|paint| paint.at < hidden),
        };
        let ttfb = load.and_then(ttfb::ttfb);
        // The browser has no entries of what it shows again.
        let lcp = largest.map(|paint| paint.at).or(painted.filter(|_| self.is_restored(soft))).map(since);

        let shifts: Vec<Shift> = self.shifts.iter().filter(|shift| is_of(shift.at)).cloned().collect();
        let window = cls::largest_window(&shifts);
        let cls = window.map_or(0.0, |(_, score)| score);

        let is_input = |event: &&InputEvent| {
            let led_here = soft.is_some_and(|soft| soft.interaction == event.interaction && event.interaction > 0);
            let leads_on = next.is_some_and(|next| next.interaction == event.interaction && event.interaction > 0);
            (is_of(event.at) && !led_here) || leads_on
        };
        let events: Vec<InputEvent> = self.events.iter().filter(is_input).cloned().collect();
        let before = soft.map_or(self.interactions_before, |soft| soft.interactions);
        let interactions = next.map_or(self.interactions, |next| next.interactions).saturating_sub(before);
        let decisive = inp::decisive(&events, interactions);
        let told_of_none = interactions > 0 && (soft.is_some() || self.is_restored(soft));
        let inp = decisive.map(|event| event.duration).or(told_of_none.then(inp::too_short));

        let busy = |of: &[Busy]| -> Vec<Busy> { of.iter().filter(|one| is_of(one.at)).copied().collect() };
        let tasks = busy(&self.tasks);
        let document = Vitals {
            url: cutter.cut("url", soft.map_or(&self.url, |soft| &soft.url), LONG),
            navigation_type: self.navigation_type(soft),
            navigation_id: soft
                .map_or_else(|| self.navigation.as_ref().and_then(navigation_id), |soft| soft.id.clone()),
            full_title: soft.map_or(&self.within, |soft| &soft.within).full_title.clone(),
            start_time: soft.map_or(self.start(), |soft| soft.at),
            ended: if next.is_some() { "left" } else { ended },
            painted: painted.is_some() || largest.is_some(),
            hidden_at: hidden.is_finite().then(|| since(hidden)),
            activation_start: (start > 0.0 && load.is_some()).then_some(start),
            ttfb,
            ttfb_attribution: load.zip(ttfb).map(|(load, ttfb)| ttfb::attribution(load, ttfb)),
            fcp: painted.map(since),
            lcp,
            lcp_attribution: largest.zip(lcp).map(|(paint, lcp)| {
                let loaded = self.resources.get(&paint.url).filter(|_| !paint.url.is_empty());
                let loaded = loaded.and_then(|all| all.iter().rfind(|one| one.requested <= paint.at)).copied();
                let mut attribution = lcp::attribution(paint, lcp, ttfb.unwrap_or_default(), loaded, start);
                attribution.url = attribution.url.and_then(|url| cutter.cut_some("lcpAttribution.url", &url, LONG));
                attribution
            }),
            // As the browser's own statistics: a page that was never seen has no shifts.
            cls: painted.map(|_| cls),
            cls_attribution: window
                .filter(|_| painted.is_some())
                .and_then(|(window, _)| cls::attribution(window, start)),
            inp,
            inp_attribution: decisive.map(|event| inp::attribution(event, &events, start)),
            interactions,
            tbt: painted.map(|painted| blocking::total_blocking_time(&tasks, painted)),
            long_tasks: blocking::long_tasks(&tasks),
            long_animation_frames: blocking::long_animation_frames(&busy(&self.frames)),
            dom_content_loaded: event("domContentLoadedEventEnd"),
            load: event("loadEventEnd"),
            entries: self.told,
            entries_missed: self.missed,
            truncated: None,
        };
        Vitals { truncated: cutter.into_truncated(), ..document }
    }

    fn is_restored(&self, soft: Option<&SoftNavigation>) -> bool {
        soft.is_none() && matches!(self.beginning, Beginning::Restored(_))
    }

    /// When it was hidden first since `start`. A page that is being prerendered is hidden by nature.
    fn hidden_from(&self, start: f64, from_beginning: bool) -> f64 {
        if from_beginning && !self.visible && !self.prerendering {
            return start;
        }
        self.hidden.iter().copied().find(|at| *at >= start).unwrap_or(f64::INFINITY)
    }

    fn navigation_type(&self, soft: Option<&SoftNavigation>) -> &'static str {
        if soft.is_some() {
            return "soft-navigation";
        }
        if self.is_restored(soft) {
            return "back-forward-cache";
        }
        if self.prerendering || self.navigation.as_ref().is_some_and(|load| ttfb::activation(load) > 0.0) {
            return "prerender";
        }
        match self.navigation.as_ref().map(|load| text(load, "type")) {
            _ if self.discarded => "restore",
            Some("reload") => "reload",
            Some("back_forward") => "back-forward",
            Some("prerender") => "prerender",
            _ => "navigate",
        }
    }
}

fn paint(entry: &Entry, at: f64) -> LargestPaint {
    LargestPaint {
        at,
        size: number(entry, "size").unwrap_or_default(),
        url: text(entry, "url").to_owned(),
        target: target(entry),
    }
}

fn target(entry: &Entry) -> Option<String> {
    let target = text(entry, "targetSelector");
    (!target.is_empty()).then(|| beginning(target, SHORT).to_owned())
}

fn interaction(entry: &Entry) -> i64 {
    entry.get("interactionId").and_then(Value::as_i64).unwrap_or_default()
}

fn navigation_id(entry: &Entry) -> Option<String> {
    match entry.get("navigationId")? {
        Value::String(id) => Some(beginning(id, SHORT).to_owned()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
