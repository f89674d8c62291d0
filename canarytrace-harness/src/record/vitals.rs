//! Dataset `vitals`: how a page load felt, in the terms of Web Vitals.
//!
//! The definitions are those of the npm package web-vitals 6, which are Chrome's own. A figure that the page has not is
//! absent: a page that was never painted has no paint.

use serde_json::Value;

use super::Truncated;
use super::document::{Absent, Mapping, document};

document! {
    /// Of what Time to First Byte consists.
    pub struct TtfbAttribution {
        /// Redirects, and until the request could be looked after, ms.
        waiting_duration: f64 => "waitingDuration": Mapping::Double,
        /// Until the cache had answered, a service worker included, ms.
        cache_duration: f64 => "cacheDuration": Mapping::Double,
        /// Name lookup, ms.
        dns_duration: f64 => "dnsDuration": Mapping::Double,
        /// Connection, TLS included, ms.
        connection_duration: f64 => "connectionDuration": Mapping::Double,
        /// From the request to the first byte of its answer, ms.
        request_duration: f64 => "requestDuration": Mapping::Double,
    }
}

document! {
    /// What was painted largest, and of what its time consists.
    pub struct LcpAttribution {
        /// The element, as a selector.
        target: Option<String> => "target": Mapping::Keyword,
        /// Where its image comes from; absent for text.
        url: Option<String> => "url": Mapping::TextRaw,
        /// Its visible area, square CSS pixels.
        size: f64 => "size": Mapping::Double,
        /// Until the first byte of the page, ms.
        time_to_first_byte: f64 => "timeToFirstByte": Mapping::Double,
        /// From there until its image was asked for, ms; 0 for text.
        resource_load_delay: f64 => "resourceLoadDelay": Mapping::Double,
        /// Loading its image, ms; 0 for text.
        resource_load_duration: f64 => "resourceLoadDuration": Mapping::Double,
        /// From there until it was painted, ms.
        element_render_delay: f64 => "elementRenderDelay": Mapping::Double,
    }
}

document! {
    /// What shifted in the worst session window.
    pub struct ClsAttribution {
        /// When the window began, ms.
        window_start: f64 => "windowStart": Mapping::Double,
        /// How long it was, from its first shift to its last one, ms.
        window_duration: f64 => "windowDuration": Mapping::Double,
        /// Shifts in it.
        shifts: u64 => "shifts": Mapping::Long,
        /// The element that moved most in its largest shift, as a selector.
        largest_shift_target: Option<String> => "largestShiftTarget": Mapping::Keyword,
        /// When its largest shift was, ms.
        largest_shift_time: f64 => "largestShiftTime": Mapping::Double,
        /// Score of its largest shift.
        largest_shift_value: f64 => "largestShiftValue": Mapping::Double,
        /// What moved from where to where in its largest shift.
        largest_shift_sources: Option<Value> => "largestShiftSources": Mapping::NotIndexed,
    }
}

document! {
    /// The interaction that counts, and of what its time consists.
    pub struct InpAttribution {
        /// The element, as a selector.
        interaction_target: Option<String> => "interactionTarget": Mapping::Keyword,
        /// keyboard or pointer.
        interaction_type: &'static str => "interactionType": Mapping::Keyword,
        /// Its event with the longest duration: pointerdown, click, keydown …
        event_type: String => "eventType": Mapping::Keyword,
        /// When it was, ms.
        interaction_time: f64 => "interactionTime": Mapping::Double,
        /// Until the page began to handle it, ms.
        input_delay: f64 => "inputDelay": Mapping::Double,
        /// Handling it, ms.
        processing_duration: f64 => "processingDuration": Mapping::Double,
        /// From there until the next frame was shown, ms.
        presentation_delay: f64 => "presentationDelay": Mapping::Double,
    }
}

document! {
    /// Tasks of 50 ms and more.
    pub struct LongTasks {
        /// How many.
        count: u64 => "count": Mapping::Long,
        /// How long all of them took, ms.
        duration: f64 => "duration": Mapping::Double,
        /// How long the longest took, ms.
        longest: f64 => "longest": Mapping::Double,
    }
}

document! {
    /// Frames that took 50 ms and more from when their work began.
    pub struct LongAnimationFrames {
        /// How many.
        count: u64 => "count": Mapping::Long,
        /// How long all of them took, ms.
        duration: f64 => "duration": Mapping::Double,
        /// How long the longest took, ms.
        longest: f64 => "longest": Mapping::Double,
        /// How long input had to wait in all of them, ms.
        blocking_duration: f64 => "blockingDuration": Mapping::Double,
    }
}

impl Absent for LongTasks {}
impl Absent for LongAnimationFrames {}

document! {
    /// Web Vitals of a page load, or of a soft navigation of a single-page app (`CANARYTRACE_VITALS=allow`). Moments are
    /// ms since it began.
    pub struct Vitals = "vitals" {
        /// The page.
        url: String => "url": Mapping::TextRaw,
        /// navigate, reload, back-forward, back-forward-cache, prerender, restore or soft-navigation.
        navigation_type: &'static str => "navigationType": Mapping::Keyword,
        /// The browser's id of the navigation, as in `performance-entries`.
        navigation_id: Option<String> => "navigationId": Mapping::Keyword,
        /// Titles of suite and step in which it began.
        full_title: Option<String> => "fullTitle": Mapping::Keyword,
        /// When it began within its document, ms since the document's time origin: 0 for a page load.
        start_time: f64 => "startTime": Mapping::Double,
        /// Why nothing more is in it: left (for another page), closed (its window), attempt-over or recording-over.
        ended: &'static str => "ended": Mapping::Keyword,
        /// Whether anything of it was painted while somebody could have seen it.
        painted: bool => "painted": Mapping::Boolean,
        /// When it was hidden first; what came then counts no more. 0: it was loaded in the background.
        hidden_at: Option<f64> => "hiddenAt": Mapping::Double,
        /// Prerender: when it was shown, ms since the navigation began; the others count from there.
        activation_start: Option<f64> => "activationStart": Mapping::Double,
        /// Time to First Byte, ms; only a page load has one.
        ttfb: Option<f64> => "ttfb": Mapping::Double,
        /// Of what it consists.
        ttfb_attribution: Option<TtfbAttribution> => "ttfbAttribution": Mapping::Object(TtfbAttribution::FIELDS),
        /// First Contentful Paint, ms.
        fcp: Option<f64> => "fcp": Mapping::Double,
        /// Largest Contentful Paint, ms.
        lcp: Option<f64> => "lcp": Mapping::Double,
        /// What it was, and of what its time consists.
        lcp_attribution: Option<LcpAttribution> => "lcpAttribution": Mapping::Object(LcpAttribution::FIELDS),
        /// Cumulative Layout Shift: the largest session window (at most 1 s between shifts, 5 s long).
        cls: Option<f64> => "cls": Mapping::Double,
        /// What shifted.
        cls_attribution: Option<ClsAttribution> => "clsAttribution": Mapping::Object(ClsAttribution::FIELDS),
        /// Interaction to Next Paint: the longest interaction but for one of each 50, ms.
        inp: Option<f64> => "inp": Mapping::Double,
        /// Which interaction it was, and of what its time consists.
        inp_attribution: Option<InpAttribution> => "inpAttribution": Mapping::Object(InpAttribution::FIELDS),
        /// Interactions: clicks, taps and keys.
        interactions: u64 => "interactions": Mapping::Long,
        /// Total Blocking Time: what long tasks took beyond 50 ms each between First Contentful Paint and the end of the
        /// page (its being left, or the end of the attempt), ms.
        tbt: Option<f64> => "tbt": Mapping::Double,
        /// Its long tasks.
        long_tasks: LongTasks => "longTasks": Mapping::Object(LongTasks::FIELDS),
        /// Its long animation frames.
        long_animation_frames: LongAnimationFrames => "longAnimationFrames": Mapping::Object(LongAnimationFrames::FIELDS),
        /// End of the event `DOMContentLoaded`, ms.
        dom_content_loaded: Option<f64> => "domContentLoaded": Mapping::Double,
        /// End of the event `load`, ms.
        load: Option<f64> => "load": Mapping::Double,
        /// Entries of its document's timeline that were told.
        entries: u64 => "entries": Mapping::Long,
        /// Entries of its document's timeline that were not kept, because there were more than 10,000 of their type.
        entries_missed: u64 => "entriesMissed": Mapping::Long,
        /// Texts that were cut.
        truncated: Option<Vec<Truncated>> => "truncated": Mapping::Object(Truncated::FIELDS),
    }
}
