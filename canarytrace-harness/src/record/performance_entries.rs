//! Dataset `performance-entries`: the performance timeline of the page.
//!
//! Names and units are the web platform's: each kind of entry has those fields that its specification gives it, and
//! moments are ms since the time origin of its page. Elements of the page that entries point to are left out.

use serde_json::Value;

use super::Truncated;
use super::document::{Field, Mapping, document};

document! {
    /// What the server measured of its own work (Server Timing).
    pub struct ServerTiming {
        /// Name of the metric.
        name: String => "name": Mapping::Keyword,
        /// How long it took, ms.
        duration: f64 => "duration": Mapping::Double,
        /// What it is.
        description: Option<String> => "description": Mapping::Keyword,
    }
}

document! {
    /// Who a long task belongs to (Long Tasks, `TaskAttributionTiming`).
    pub struct TaskAttribution {
        /// `unknown`, or what the task did.
        name: String => "name": Mapping::Keyword,
        /// Kind of the frame's container: window, iframe, embed or object.
        container_type: Option<String> => "containerType": Mapping::Keyword,
        /// Its `src`.
        container_src: Option<String> => "containerSrc": Mapping::TextRaw,
        /// Its `id`.
        container_id: Option<String> => "containerId": Mapping::Keyword,
        /// Its `name`.
        container_name: Option<String> => "containerName": Mapping::Keyword,
    }
}

document! {
    /// A script that ran within a long animation frame (Long Animation Frames, `PerformanceScriptTiming`).
    pub struct ScriptTiming {
        /// What called it: `BUTTON#pay.onclick`.
        invoker: Option<String> => "invoker": Mapping::Keyword,
        /// classic-script, module-script, event-listener, user-callback, resolve-promise or reject-promise.
        invoker_type: Option<String> => "invokerType": Mapping::Keyword,
        /// When it was called, ms.
        start_time: Option<f64> => "startTime": Mapping::Double,
        /// How long it ran, ms.
        duration: Option<f64> => "duration": Mapping::Double,
        /// When it began to run, after it was compiled, ms.
        execution_start: Option<f64> => "executionStart": Mapping::Double,
        /// Spent on styles and layout that it forced, ms.
        forced_style_and_layout_duration: Option<f64> => "forcedStyleAndLayoutDuration": Mapping::Double,
        /// Spent on dialogs and other calls that stop everything, ms.
        pause_duration: Option<f64> => "pauseDuration": Mapping::Double,
        /// Where it comes from.
        source_url: Option<String> => "sourceURL": Mapping::TextRaw,
        /// Name of the function.
        source_function_name: Option<String> => "sourceFunctionName": Mapping::Keyword,
        /// Where in its source it begins, characters.
        source_char_position: Option<i64> => "sourceCharPosition": Mapping::Long,
        /// self, descendant, ancestor, same-page or other.
        window_attribution: Option<String> => "windowAttribution": Mapping::Keyword,
    }
}

/// How sure the browser is that a navigation's times are those of the page alone (`PerformanceTimingConfidence`).
const CONFIDENCE: &[Field] = &[
    Field { name: "value", mapping: Mapping::Keyword, doc: "high or low." },
    Field {
        name: "randomizedTriggerRate",
        mapping: Mapping::Double,
        doc: "How often `value` is thrown instead of measured, 0 to 1.",
    },
];

document! {
    /// An entry of the page's performance timeline (`PERFORMANCE_ENTRIES_INTERCEPT=allow`).
    pub struct PerformanceEntry = "performance-entries" {
        /// URL of a navigation or resource, name of a mark or measure (those of hero marks begin with `HE-`), kind of a
        /// paint or input event.
        name: String => "name": Mapping::Keyword,
        /// navigation, resource, mark, measure, paint, largest-contentful-paint, layout-shift, longtask,
        /// long-animation-frame, event, first-input, element, visibility-state …
        entry_type: String => "entryType": Mapping::Keyword,
        /// When it began, ms.
        start_time: f64 => "startTime": Mapping::Double,
        /// How long it took, ms.
        duration: f64 => "duration": Mapping::Double,
        /// Titles of suite and step in which it was taken.
        full_title: Option<String> => "fullTitle": Mapping::Keyword,
        /// `responseEnd` - `requestStart`, ms.
        response_time: Option<f64> => "responseTime": Mapping::Double,
        /// `responseStart` - `requestStart`, ms.
        ttfb: Option<f64> => "ttfb": Mapping::Double,
        /// URL of the page whose timeline it is in.
        document_url: Option<String> => "documentURL": Mapping::TextRaw,
        /// Id of the navigation that it belongs to.
        navigation_id: Option<String> => "navigationId": Mapping::Keyword,

        /// Resource, navigation: what asked for it: navigation, script, link, img, css, fetch, xmlhttprequest …
        initiator_type: Option<String> => "initiatorType": Mapping::Keyword,
        /// Resource: the script or document that asked for it.
        initiator_url: Option<String> => "initiatorUrl": Mapping::TextRaw,
        /// Resource, navigation: `cache`, `navigational-prefetch`, or empty for the network.
        delivery_type: Option<String> => "deliveryType": Mapping::Keyword,
        /// Resource, navigation: protocol (ALPN): http/1.1, h2, h3.
        next_hop_protocol: Option<String> => "nextHopProtocol": Mapping::Keyword,
        /// Resource, navigation: blocking or non-blocking.
        render_blocking_status: Option<String> => "renderBlockingStatus": Mapping::Keyword,
        /// Resource, navigation: media type.
        content_type: Option<String> => "contentType": Mapping::Keyword,
        /// Resource, navigation: compression of the body.
        content_encoding: Option<String> => "contentEncoding": Mapping::Keyword,
        /// Resource, navigation: HTTP status; 0 where the page may not know it.
        response_status: Option<i64> => "responseStatus": Mapping::Long,
        /// Resource, navigation: the service worker was asked or started, ms.
        worker_start: Option<f64> => "workerStart": Mapping::Double,
        /// Resource, navigation: the routes of the service worker were looked at, ms.
        worker_router_evaluation_start: Option<f64> => "workerRouterEvaluationStart": Mapping::Double,
        /// Resource, navigation: the cache was looked into because a route said so, ms.
        worker_cache_lookup_start: Option<f64> => "workerCacheLookupStart": Mapping::Double,
        /// Resource, navigation: where the matching route leads to.
        worker_matched_router_source: Option<String> => "workerMatchedRouterSource": Mapping::Keyword,
        /// Resource, navigation: where the answer came from in the end.
        worker_final_router_source: Option<String> => "workerFinalRouterSource": Mapping::Keyword,
        /// Resource, navigation: the first redirect began, ms.
        redirect_start: Option<f64> => "redirectStart": Mapping::Double,
        /// Resource, navigation: the last redirect ended, ms.
        redirect_end: Option<f64> => "redirectEnd": Mapping::Double,
        /// Resource, navigation: fetching began, ms.
        fetch_start: Option<f64> => "fetchStart": Mapping::Double,
        /// Resource, navigation: name lookup began, ms.
        domain_lookup_start: Option<f64> => "domainLookupStart": Mapping::Double,
        /// Resource, navigation: name lookup ended, ms.
        domain_lookup_end: Option<f64> => "domainLookupEnd": Mapping::Double,
        /// Resource, navigation: connecting began, ms.
        connect_start: Option<f64> => "connectStart": Mapping::Double,
        /// Resource, navigation: the TLS handshake began, ms; 0 without one.
        secure_connection_start: Option<f64> => "secureConnectionStart": Mapping::Double,
        /// Resource, navigation: the connection stood, ms.
        connect_end: Option<f64> => "connectEnd": Mapping::Double,
        /// Resource, navigation: the request was sent, ms.
        request_start: Option<f64> => "requestStart": Mapping::Double,
        /// Resource, navigation: the first interim answer (103) came, ms.
        first_interim_response_start: Option<f64> => "firstInterimResponseStart": Mapping::Double,
        /// Resource, navigation: the first byte of the answer came, ms.
        response_start: Option<f64> => "responseStart": Mapping::Double,
        /// Resource, navigation: the headers of the answer itself came, ms.
        final_response_headers_start: Option<f64> => "finalResponseHeadersStart": Mapping::Double,
        /// Resource, navigation: the last byte of the answer came, ms.
        response_end: Option<f64> => "responseEnd": Mapping::Double,
        /// Resource, navigation: bytes over the wire, headers included; 0 from a cache.
        transfer_size: Option<i64> => "transferSize": Mapping::Long,
        /// Resource, navigation: bytes of the body before decompression.
        encoded_body_size: Option<i64> => "encodedBodySize": Mapping::Long,
        /// Resource, navigation: bytes of the body after decompression.
        decoded_body_size: Option<i64> => "decodedBodySize": Mapping::Long,
        /// Resource, navigation: what the server measured of its own work.
        server_timing: Option<Vec<ServerTiming>> => "serverTiming": Mapping::Object(ServerTiming::FIELDS),

        /// Navigation: navigate, reload, `back_forward` or prerender.
        kind: Option<String> => "type": Mapping::Keyword,
        /// Navigation: how many redirects there were.
        redirect_count: Option<i64> => "redirectCount": Mapping::Long,
        /// Navigation: unloading the page before began, ms.
        unload_event_start: Option<f64> => "unloadEventStart": Mapping::Double,
        /// Navigation: the page before was unloaded, ms.
        unload_event_end: Option<f64> => "unloadEventEnd": Mapping::Double,
        /// Navigation: the document was parsed, ms.
        dom_interactive: Option<f64> => "domInteractive": Mapping::Double,
        /// Navigation: `DOMContentLoaded` began, ms.
        dom_content_loaded_event_start: Option<f64> => "domContentLoadedEventStart": Mapping::Double,
        /// Navigation: `DOMContentLoaded` ended, ms.
        dom_content_loaded_event_end: Option<f64> => "domContentLoadedEventEnd": Mapping::Double,
        /// Navigation: the document and all its parts were there, ms.
        dom_complete: Option<f64> => "domComplete": Mapping::Double,
        /// Navigation: `load` began, ms.
        load_event_start: Option<f64> => "loadEventStart": Mapping::Double,
        /// Navigation: `load` ended, ms.
        load_event_end: Option<f64> => "loadEventEnd": Mapping::Double,
        /// Navigation: the prerendered page was shown, ms.
        activation_start: Option<f64> => "activationStart": Mapping::Double,
        /// Navigation: it began anew because the server asked for client hints, ms.
        critical_ch_restart: Option<f64> => "criticalCHRestart": Mapping::Double,
        /// Navigation: why the page did not come from the back/forward cache.
        not_restored_reasons: Option<Value> => "notRestoredReasons": Mapping::NotIndexed,
        /// Navigation: how sure the browser is that these times are those of the page alone.
        confidence: Option<Value> => "confidence": Mapping::OpenObject(CONFIDENCE),

        /// Mark, measure: what the page attached to it.
        detail: Option<Value> => "detail": Mapping::NotIndexed,

        /// Paint, largest-contentful-paint, element, long-animation-frame: the frame was ready to be shown, ms.
        paint_time: Option<f64> => "paintTime": Mapping::Double,
        /// The same: it was shown, ms.
        presentation_time: Option<f64> => "presentationTime": Mapping::Double,
        /// Largest-contentful-paint, element: it was rendered, ms; 0 where the page may not know it.
        render_time: Option<f64> => "renderTime": Mapping::Double,
        /// Largest-contentful-paint, element: its resource was loaded, ms; 0 for text.
        load_time: Option<f64> => "loadTime": Mapping::Double,
        /// Largest-contentful-paint: visible area, square CSS pixels.
        size: Option<f64> => "size": Mapping::Double,
        /// Largest-contentful-paint, element: `id` of the element.
        id: Option<String> => "id": Mapping::Keyword,
        /// Largest-contentful-paint, element: where its image or video comes from.
        url: Option<String> => "url": Mapping::TextRaw,
        /// Element: its `elementtiming`.
        identifier: Option<String> => "identifier": Mapping::Keyword,
        /// Element: width of the image itself, pixels.
        natural_width: Option<i64> => "naturalWidth": Mapping::Long,
        /// Element: height of the image itself, pixels.
        natural_height: Option<i64> => "naturalHeight": Mapping::Long,
        /// Element: its visible part.
        intersection_rect: Option<Value> => "intersectionRect": Mapping::NotIndexed,

        /// Layout-shift: how far how much of the page moved, without unit.
        value: Option<f64> => "value": Mapping::Double,
        /// Layout-shift: whether a user did something within the 500 ms before.
        had_recent_input: Option<bool> => "hadRecentInput": Mapping::Boolean,
        /// Layout-shift: when a user did something last, ms.
        last_input_time: Option<f64> => "lastInputTime": Mapping::Double,
        /// Layout-shift: what moved from where to where.
        sources: Option<Value> => "sources": Mapping::NotIndexed,

        /// Longtask: whose it was.
        attribution: Option<Vec<TaskAttribution>> => "attribution": Mapping::Object(TaskAttribution::FIELDS),

        /// Long-animation-frame: rendering began, ms.
        render_start: Option<f64> => "renderStart": Mapping::Double,
        /// Long-animation-frame: styles and layout began, ms.
        style_and_layout_start: Option<f64> => "styleAndLayoutStart": Mapping::Double,
        /// Long-animation-frame: the first input that it handles was made, ms.
        first_ui_event_timestamp: Option<f64> => "firstUIEventTimestamp": Mapping::Double,
        /// Long-animation-frame: how long input had to wait, ms.
        blocking_duration: Option<f64> => "blockingDuration": Mapping::Double,
        /// Long-animation-frame: the scripts that ran in it.
        scripts: Option<Vec<ScriptTiming>> => "scripts": Mapping::Object(ScriptTiming::FIELDS),

        /// Event, first-input: the page began to handle it, ms.
        processing_start: Option<f64> => "processingStart": Mapping::Double,
        /// Event, first-input: the page had handled it, ms.
        processing_end: Option<f64> => "processingEnd": Mapping::Double,
        /// Event, first-input: whether the page could have prevented its effect.
        cancelable: Option<bool> => "cancelable": Mapping::Boolean,
        /// Event, first-input: events of one click, key or touch share it; 0 for others.
        interaction_id: Option<i64> => "interactionId": Mapping::Long,
        /// Event, first-input: the element that it happened to, as a selector.
        target_selector: Option<String> => "targetSelector": Mapping::Keyword,
        /// Texts that were cut, and objects that were too large.
        truncated: Option<Vec<Truncated>> => "truncated": Mapping::Object(Truncated::FIELDS),
    }
}

impl PerformanceEntry {
    /// An entry with the fields that every kind has, and no others.
    pub fn new(entry_type: impl Into<String>, name: impl Into<String>, start_time: f64, duration: f64) -> Self {
        Self {
            name: name.into(),
            entry_type: entry_type.into(),
            start_time,
            duration,
            document_url: None,
            full_title: None,
            response_time: None,
            ttfb: None,
            navigation_id: None,
            initiator_type: None,
            initiator_url: None,
            delivery_type: None,
            next_hop_protocol: None,
            render_blocking_status: None,
            content_type: None,
            content_encoding: None,
            response_status: None,
            worker_start: None,
            worker_router_evaluation_start: None,
            worker_cache_lookup_start: None,
            worker_matched_router_source: None,
            worker_final_router_source: None,
            redirect_start: None,
            redirect_end: None,
            fetch_start: None,
            domain_lookup_start: None,
            domain_lookup_end: None,
            connect_start: None,
            secure_connection_start: None,
            connect_end: None,
            request_start: None,
            first_interim_response_start: None,
            response_start: None,
            final_response_headers_start: None,
            response_end: None,
            transfer_size: None,
            encoded_body_size: None,
            decoded_body_size: None,
            server_timing: None,
            kind: None,
            redirect_count: None,
            unload_event_start: None,
            unload_event_end: None,
            dom_interactive: None,
            dom_content_loaded_event_start: None,
            dom_content_loaded_event_end: None,
            dom_complete: None,
            load_event_start: None,
            load_event_end: None,
            activation_start: None,
            critical_ch_restart: None,
            not_restored_reasons: None,
            confidence: None,
            detail: None,
            paint_time: None,
            presentation_time: None,
            render_time: None,
            load_time: None,
            size: None,
            id: None,
            url: None,
            identifier: None,
            natural_width: None,
            natural_height: None,
            intersection_rect: None,
            value: None,
            had_recent_input: None,
            last_input_time: None,
            sources: None,
            attribution: None,
            render_start: None,
            style_and_layout_start: None,
            first_ui_event_timestamp: None,
            blocking_duration: None,
            scripts: None,
            processing_start: None,
            processing_end: None,
            cancelable: None,
            interaction_id: None,
            target_selector: None,
            truncated: None,
        }
    }
}
