//! Dataset `memory` from what a page said of its memory at the end of a step.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cut::{LONG, SHORT, beginning};
use crate::devtools::protocol::canarytrace;
use crate::record::{HeapSizes, Memory, Metric, PageMetrics};

/// How many metrics that we don't know are kept.
const MOST_OTHERS: usize = 100;

/// The figures of a page, for budgets.
pub fn figures(document: &Memory) -> Vec<(Metric, f64)> {
    let Some(metrics) = &document.metrics else { return Vec::new() };
    let figures = [(Metric::JsHeap, metrics.js_heap_used_size), (Metric::DomNodes, metrics.nodes)];
    #[expect(clippy::cast_precision_loss, reason = "no page has 2^52 bytes or nodes")]
    figures.into_iter().filter_map(|(metric, value)| Some((metric, value? as f64))).collect()
}

/// The document of a mark; `test_step` is the title of the step. `None` when the mark says nothing.
pub fn memory(mark: &canarytrace::Memory<'_>, test_step: Option<&str>) -> Option<Memory> {
    let data = mark.heap.get().and_then(heap);
    let metrics = mark.metrics.get().and_then(Value::as_array).map(|all| metrics(all));
    (data.is_some() || metrics.is_some()).then(|| Memory {
        url: beginning(mark.url.text(), LONG).to_owned(),
        data,
        metrics,
        test_step: test_step.map(str::to_owned),
    })
}

fn heap(heap: &Value) -> Option<HeapSizes> {
    let size = |name: &str| heap[name].as_f64().and_then(whole);
    Some(HeapSizes {
        js_heap_size_limit: size("jsHeapSizeLimit")?,
        total_js_heap_size: size("totalJSHeapSize")?,
        used_js_heap_size: size("usedJSHeapSize")?,
    })
}

/// The metrics of `Performance.getMetrics`, which are numbers by name; durations and instants are in seconds there.
fn metrics(all: &[Value]) -> PageMetrics {
    let mut told: BTreeMap<&str, f64> =
        all.iter().filter_map(|metric| Some((metric["name"].as_str()?, metric["value"].as_f64()?))).collect();
    let now = told.remove("Timestamp");
    let start = told.remove("NavigationStart").filter(|start| *start > 0.0);
    let since = |instant: Option<f64>| Some((instant.filter(|instant| *instant > 0.0)? - start?) * 1000.0);
    let since_navigation = since(now);
    let [dom_content_loaded, first_meaningful_paint] =
        ["DomContentLoaded", "FirstMeaningfulPaint"].map(|name| since(told.remove(name)));
    let mut ms = |name: &str| told.remove(name).map(|seconds| seconds * 1000.0);
    let durations = [
        "LayoutDuration",
        "RecalcStyleDuration",
        "DevToolsCommandDuration",
        "ScriptDuration",
        "V8CompileDuration",
        "TaskDuration",
        "TaskOtherDuration",
        "ThreadTime",
        "ProcessTime",
    ]
    .map(&mut ms);
    let [layout, recalc_style, devtools_command, script, v8_compile, task, task_other, thread, process] = durations;
    let mut count = |name: &str| told.remove(name).and_then(whole);
    PageMetrics {
        js_heap_used_size: count("JSHeapUsedSize"),
        js_heap_total_size: count("JSHeapTotalSize"),
        nodes: count("Nodes"),
        documents: count("Documents"),
        frames: count("Frames"),
        js_event_listeners: count("JSEventListeners"),
        layout_objects: count("LayoutObjects"),
        resources: count("Resources"),
        resource_fetchers: count("ResourceFetchers"),
        audio_handlers: count("AudioHandlers"),
        audio_worklet_processors: count("AudioWorkletProcessors"),
        media_key_sessions: count("MediaKeySessions"),
        media_keys: count("MediaKeys"),
        context_observers: count("ContextLifecycleStateObservers"),
        v8_per_context_datas: count("V8PerContextDatas"),
        worker_global_scopes: count("WorkerGlobalScopes"),
        ua_css_resources: count("UACSSResources"),
        rtc_peer_connections: count("RTCPeerConnections"),
        ad_subframes: count("AdSubframes"),
        detached_script_states: count("DetachedScriptStates"),
        array_buffer_contents: count("ArrayBufferContents"),
        layout_count: count("LayoutCount"),
        recalc_style_count: count("RecalcStyleCount"),
        layout_duration: layout,
        recalc_style_duration: recalc_style,
        devtools_command_duration: devtools_command,
        script_duration: script,
        v8_compile_duration: v8_compile,
        task_duration: task,
        task_other_duration: task_other,
        thread_time: thread,
        process_time: process,
        since_navigation,
        dom_content_loaded,
        first_meaningful_paint,
        others: Some(told).filter(|left| !left.is_empty()).map(|left| {
            left.into_iter().take(MOST_OTHERS).map(|(name, value)| (beginning(name, SHORT).to_owned(), value)).collect()
        }),
    }
}

/// A number that counts something, as one.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "what is too large becomes the largest number")]
    (number >= 0.0).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::devtools::protocol::{Event, Message};

    fn of(params: &Value) -> Option<Memory> {
        let text = json!({ "method": "Canarytrace.memory", "params": params }).to_string();
        match Message::parse(&text).unwrap().event {
            Event::MemoryMeasured(mark) => memory(&mark, Some("a step")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn seconds_become_milliseconds_and_instants_are_from_the_navigation() {
        let metric = |name: &str, value: f64| json!({ "name": name, "value": value });
        let metrics = [
            metric("Timestamp", 102.5),
            metric("NavigationStart", 100.0),
            metric("DomContentLoaded", 100.25),
            metric("FirstMeaningfulPaint", 0.0),
            metric("ScriptDuration", 0.125),
            metric("Nodes", 25.0),
            metric("JSHeapUsedSize", 1234.0),
            metric("Novelties", 7.5),
        ];
        let document = of(&json!({ "url": "http://a/", "heap": null, "metrics": metrics })).unwrap();
        assert_eq!(document.data, None);
        assert_eq!(figures(&document), [(Metric::JsHeap, 1234.0), (Metric::DomNodes, 25.0)]);
        let metrics = document.metrics.unwrap();
        assert_eq!((metrics.since_navigation, metrics.dom_content_loaded), (Some(2500.0), Some(250.0)));
        assert_eq!((metrics.first_meaningful_paint, metrics.script_duration), (None, Some(125.0)));
        assert_eq!(metrics.others, Some([("Novelties".to_owned(), 7.5)].into()));
    }

    #[test]
    fn what_a_page_said_of_its_heap_is_taken_whole_or_not_at_all() {
        let sizes = json!({ "jsHeapSizeLimit": 9, "totalJSHeapSize": 5, "usedJSHeapSize": 3 });
        let document = of(&json!({ "heap": sizes })).unwrap();
        assert_eq!(document.data.unwrap().used_js_heap_size, 3);
        assert_eq!(document.test_step.as_deref(), Some("a step"));
        assert_eq!(of(&json!({ "heap": { "usedJSHeapSize": 3 } })), None);
        assert_eq!(of(&json!({ "heap": "large", "metrics": 7 })), None);
        let negative = json!({ "jsHeapSizeLimit": -1, "totalJSHeapSize": 1e300, "usedJSHeapSize": 3 });
        assert_eq!(of(&json!({ "heap": negative })), None);
    }
}
