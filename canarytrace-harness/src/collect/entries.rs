//! Dataset `performance-entries` from what pages tell of their timelines.

use serde_json::Value;

use super::cut::{Cutter, LONG, SHORT};
use super::timeline::{Entry, number, text};
use crate::record::performance_entries::{ScriptTiming, ServerTiming, TaskAttribution};
use crate::record::{Metric, PerformanceEntry};

/// The name of an entry, bytes: of most it is a URL. A longer one would not be indexed.
const NAME: usize = 8 * 1024;

/// Objects that are kept as they are: what is beyond is left out, bytes of JSON.
const OBJECT: usize = 16 * 1024;

/// Of lists in an entry.
const MOST: usize = 50;

/// The figure of a mark or measure, with its name, for budgets.
pub(super) fn figure(document: &PerformanceEntry) -> Option<(Metric, &str, f64)> {
    match document.entry_type.as_str() {
        "mark" => Some((Metric::Mark, &document.name, document.start_time)),
        "measure" => Some((Metric::Measure, &document.name, document.duration)),
        _ => None,
    }
}

/// The document of an entry of the page with this URL.
pub(super) fn performance_entry(entry: &Entry, document_url: &str, full_title: Option<&str>) -> PerformanceEntry {
    let mut cutter = Cutter::default();
    let kind = text(entry, "entryType");
    let is_transfer = matches!(kind, "resource" | "navigation");
    let since_request = |name: &str| {
        let (start, end) = (number(entry, "requestStart")?, number(entry, name)?);
        // 0 is what the page may not know, or what never was.
        (is_transfer && start > 0.0 && end > 0.0).then_some(end - start)
    };
    let integer = |name: &str| integer(entry.get(name)?);
    let mut some = |name: &str, most: usize| cutter.cut_some(name, text(entry, name), most);
    let mut document = PerformanceEntry {
        document_url: None,
        full_title: full_title.map(str::to_owned),
        response_time: since_request("responseEnd"),
        ttfb: since_request("responseStart"),
        navigation_id: match entry.get("navigationId") {
            Some(Value::String(id)) => Some(id.chars().take(SHORT).collect()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        },
        initiator_type: some("initiatorType", SHORT),
        initiator_url: some("initiatorUrl", LONG),
        delivery_type: entry.get("deliveryType").and_then(Value::as_str).map(str::to_owned),
        next_hop_protocol: some("nextHopProtocol", SHORT),
        render_blocking_status: some("renderBlockingStatus", SHORT),
        content_type: some("contentType", SHORT),
        content_encoding: some("contentEncoding", SHORT),
        response_status: integer("responseStatus"),
        worker_start: number(entry, "workerStart"),
        worker_router_evaluation_start: number(entry, "workerRouterEvaluationStart"),
        worker_cache_lookup_start: number(entry, "workerCacheLookupStart"),
        worker_matched_router_source: some("workerMatchedRouterSource", SHORT),
        worker_final_router_source: some("workerFinalRouterSource", SHORT),
        redirect_start: number(entry, "redirectStart"),
        redirect_end: number(entry, "redirectEnd"),
        fetch_start: number(entry, "fetchStart"),
        domain_lookup_start: number(entry, "domainLookupStart"),
        domain_lookup_end: number(entry, "domainLookupEnd"),
        connect_start: number(entry, "connectStart"),
        secure_connection_start: number(entry, "secureConnectionStart"),
        connect_end: number(entry, "connectEnd"),
        request_start: number(entry, "requestStart"),
        first_interim_response_start: number(entry, "firstInterimResponseStart"),
        response_start: number(entry, "responseStart"),
        final_response_headers_start: number(entry, "finalResponseHeadersStart"),
        response_end: number(entry, "responseEnd"),
        transfer_size: integer("transferSize"),
        encoded_body_size: integer("encodedBodySize"),
        decoded_body_size: integer("decodedBodySize"),
        server_timing: list(entry, "serverTiming", server_timing),
        kind: some("type", SHORT),
        redirect_count: integer("redirectCount"),
        unload_event_start: number(entry, "unloadEventStart"),
        unload_event_end: number(entry, "unloadEventEnd"),
        dom_interactive: number(entry, "domInteractive"),
        dom_content_loaded_event_start: number(entry, "domContentLoadedEventStart"),
        dom_content_loaded_event_end: number(entry, "domContentLoadedEventEnd"),
        dom_complete: number(entry, "domComplete"),
        load_event_start: number(entry, "loadEventStart"),
        load_event_end: number(entry, "loadEventEnd"),
        activation_start: number(entry, "activationStart"),
        critical_ch_restart: number(entry, "criticalCHRestart"),
        not_restored_reasons: None,
        confidence: entry.get("confidence").filter(|value| value.is_object()).cloned(),
        detail: None,
        paint_time: number(entry, "paintTime"),
        presentation_time: number(entry, "presentationTime"),
        render_time: number(entry, "renderTime"),
        load_time: number(entry, "loadTime"),
        size: number(entry, "size"),
        id: some("id", SHORT),
        url: some("url", LONG),
        identifier: some("identifier", SHORT),
        natural_width: integer("naturalWidth"),
        natural_height: integer("naturalHeight"),
        intersection_rect: None,
        value: number(entry, "value"),
        had_recent_input: entry.get("hadRecentInput").and_then(Value::as_bool),
        last_input_time: number(entry, "lastInputTime"),
        sources: None,
        attribution: list(entry, "attribution", task_attribution),
        render_start: number(entry, "renderStart"),
        style_and_layout_start: number(entry, "styleAndLayoutStart"),
        first_ui_event_timestamp: number(entry, "firstUIEventTimestamp"),
        blocking_duration: number(entry, "blockingDuration"),
        scripts: list(entry, "scripts", script_timing),
        processing_start: number(entry, "processingStart"),
        processing_end: number(entry, "processingEnd"),
        cancelable: entry.get("cancelable").and_then(Value::as_bool),
        interaction_id: integer("interactionId"),
        target_selector: some("targetSelector", SHORT),
        truncated: None,
        ..PerformanceEntry::new(
            kind.chars().take(SHORT).collect::<String>(),
            "",
            number(entry, "startTime").unwrap_or_default(),
            number(entry, "duration").unwrap_or_default(),
        )
    };
    // What an interaction brought to paint is in an object of its own.
    if let Some(paint) = entry.get("largestContentfulPaint").and_then(Value::as_object) {
        document.render_time = number(paint, "renderTime");
        document.load_time = number(paint, "loadTime");
        document.size = number(paint, "size");
        document.url = cutter.cut_some("url", text(paint, "url"), LONG);
        document.target_selector = cutter.cut_some("targetSelector", text(paint, "targetSelector"), SHORT);
    }
    document.name = cutter.cut("name", text(entry, "name"), NAME);
    document.document_url = cutter.cut_some("documentURL", document_url, LONG);
    document.not_restored_reasons = object(entry, "notRestoredReasons", &mut cutter);
    document.intersection_rect = object(entry, "intersectionRect", &mut cutter);
    document.sources = object(entry, "sources", &mut cutter);
    document.detail = object(entry, "detail", &mut cutter);
    if let Some(length) = entry.get("detailLength").and_then(Value::as_u64) {
        cutter.note("detail", usize::try_from(length.max(1)).unwrap_or(usize::MAX), 0);
    }
    PerformanceEntry { truncated: cutter.into_truncated(), ..document }
}

fn integer(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "sizes and counts are far below 2^53")]
    value.as_i64().or_else(|| value.as_f64().map(|value| value as i64))
}

/// A value that is kept whole or not at all.
fn object(entry: &Entry, name: &str, cutter: &mut Cutter) -> Option<Value> {
    let value = entry.get(name).filter(|value| !value.is_null())?;
    let bytes = value.to_string().len();
    if bytes > OBJECT {
        cutter.note(name, bytes, 0);
        return None;
    }
    Some(value.clone())
}

fn list<T>(entry: &Entry, name: &str, read: impl Fn(&Entry) -> T) -> Option<Vec<T>> {
    let items = entry.get(name)?.as_array()?;
    Some(items.iter().filter_map(Value::as_object).take(MOST).map(read).collect())
}

fn some(entry: &Entry, name: &str, most: usize) -> Option<String> {
    Cutter::default().cut_some(name, text(entry, name), most)
}

fn server_timing(entry: &Entry) -> ServerTiming {
    ServerTiming {
        name: some(entry, "name", SHORT).unwrap_or_default(),
        duration: number(entry, "duration").unwrap_or_default(),
        description: some(entry, "description", SHORT),
    }
}

fn task_attribution(entry: &Entry) -> TaskAttribution {
    TaskAttribution {
        name: some(entry, "name", SHORT).unwrap_or_default(),
        container_type: some(entry, "containerType", SHORT),
        container_src: some(entry, "containerSrc", LONG),
        container_id: some(entry, "containerId", SHORT),
        container_name: some(entry, "containerName", SHORT),
    }
}

fn script_timing(entry: &Entry) -> ScriptTiming {
    ScriptTiming {
        invoker: some(entry, "invoker", SHORT),
        invoker_type: some(entry, "invokerType", SHORT),
        start_time: number(entry, "startTime"),
        duration: number(entry, "duration"),
        execution_start: number(entry, "executionStart"),
        forced_style_and_layout_duration: number(entry, "forcedStyleAndLayoutDuration"),
        pause_duration: number(entry, "pauseDuration"),
        source_url: some(entry, "sourceURL", LONG),
        source_function_name: some(entry, "sourceFunctionName", SHORT),
        source_char_position: entry.get("sourceCharPosition").and_then(integer),
        window_attribution: some(entry, "windowAttribution", SHORT),
    }
}
