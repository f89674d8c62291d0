//! Dataset `memory`: the JavaScript heap of the page, and what the browser counts of it.

use std::collections::BTreeMap;

use super::document::{Absent, Mapping, document};

document! {
    /// What `performance.memory` says.
    pub struct HeapSizes {
        /// The most that the heap may grow to, bytes.
        js_heap_size_limit: i64 => "jsHeapSizeLimit": Mapping::Long,
        /// Memory that the heap occupies, free space in it included, bytes.
        total_js_heap_size: i64 => "totalJSHeapSize": Mapping::Long,
        /// Memory that objects take, bytes; those that nobody needs any more count until they are collected.
        used_js_heap_size: i64 => "usedJSHeapSize": Mapping::Long,
    }
}

impl Absent for HeapSizes {}

document! {
    /// What `Performance.getMetrics` says. Counts are of the process that shows the page: frames of the same site and
    /// documents that wait for the garbage collector are in them. Durations are of this process's tabs since it began.
    pub struct PageMetrics {
        /// Memory that objects of scripts take, bytes (`JSHeapUsedSize`).
        js_heap_used_size: Option<i64> => "jsHeapUsedSize": Mapping::Long,
        /// Memory that the heap occupies, bytes (`JSHeapTotalSize`).
        js_heap_total_size: Option<i64> => "jsHeapTotalSize": Mapping::Long,
        /// Elements, texts and other nodes of documents (`Nodes`).
        nodes: Option<i64> => "nodes": Mapping::Long,
        /// Documents (`Documents`).
        documents: Option<i64> => "documents": Mapping::Long,
        /// Frames (`Frames`).
        frames: Option<i64> => "frames": Mapping::Long,
        /// Listeners that scripts added (`JSEventListeners`).
        js_event_listeners: Option<i64> => "jsEventListeners": Mapping::Long,
        /// Boxes and texts that are laid out (`LayoutObjects`).
        layout_objects: Option<i64> => "layoutObjects": Mapping::Long,
        /// Resources of documents (`Resources`).
        resources: Option<i64> => "resources": Mapping::Long,
        /// Loaders of resources (`ResourceFetchers`).
        resource_fetchers: Option<i64> => "resourceFetchers": Mapping::Long,
        /// Nodes of the Web Audio API (`AudioHandlers`).
        audio_handlers: Option<i64> => "audioHandlers": Mapping::Long,
        /// Worklet processors of the Web Audio API (`AudioWorkletProcessors`).
        audio_worklet_processors: Option<i64> => "audioWorkletProcessors": Mapping::Long,
        /// Sessions with keys for media (`MediaKeySessions`).
        media_key_sessions: Option<i64> => "mediaKeySessions": Mapping::Long,
        /// Sets of keys for media (`MediaKeys`).
        media_keys: Option<i64> => "mediaKeys": Mapping::Long,
        /// What scripts started and what goes on by itself, such as timers and requests
        /// (`ContextLifecycleStateObservers`).
        context_observers: Option<i64> => "contextLifecycleStateObservers": Mapping::Long,
        /// JavaScript worlds (`V8PerContextDatas`).
        v8_per_context_datas: Option<i64> => "v8PerContextDatas": Mapping::Long,
        /// Global scopes of workers (`WorkerGlobalScopes`).
        worker_global_scopes: Option<i64> => "workerGlobalScopes": Mapping::Long,
        /// Sheets of the browser's own (`UACSSResources`).
        ua_css_resources: Option<i64> => "uaCSSResources": Mapping::Long,
        /// WebRTC connections (`RTCPeerConnections`).
        rtc_peer_connections: Option<i64> => "rtcPeerConnections": Mapping::Long,
        /// Frames that the browser takes for advertisements (`AdSubframes`).
        ad_subframes: Option<i64> => "adSubframes": Mapping::Long,
        /// Worlds whose frame is gone and which something still holds: a leak when they grow (`DetachedScriptStates`).
        detached_script_states: Option<i64> => "detachedScriptStates": Mapping::Long,
        /// Contents of array buffers (`ArrayBufferContents`).
        array_buffer_contents: Option<i64> => "arrayBufferContents": Mapping::Long,
        /// Layouts (`LayoutCount`).
        layout_count: Option<i64> => "layoutCount": Mapping::Long,
        /// Computations of styles (`RecalcStyleCount`).
        recalc_style_count: Option<i64> => "recalcStyleCount": Mapping::Long,
        /// Time of layouts, ms (`LayoutDuration`).
        layout_duration: Option<f64> => "layoutDuration": Mapping::Double,
        /// Time of computing styles, ms (`RecalcStyleDuration`).
        recalc_style_duration: Option<f64> => "recalcStyleDuration": Mapping::Double,
        /// Time of answering DevTools, ours among it, ms (`DevToolsCommandDuration`).
        devtools_command_duration: Option<f64> => "devToolsCommandDuration": Mapping::Double,
        /// Time in which scripts ran, ms (`ScriptDuration`).
        script_duration: Option<f64> => "scriptDuration": Mapping::Double,
        /// Time of compiling scripts, ms (`V8CompileDuration`).
        v8_compile_duration: Option<f64> => "v8CompileDuration": Mapping::Double,
        /// Time of all tasks of the main thread, ms (`TaskDuration`).
        task_duration: Option<f64> => "taskDuration": Mapping::Double,
        /// Of this, what is none of the above, ms (`TaskOtherDuration`).
        task_other_duration: Option<f64> => "taskOtherDuration": Mapping::Double,
        /// Processor time of the main thread, ms (`ThreadTime`).
        thread_time: Option<f64> => "threadTime": Mapping::Double,
        /// Processor time of the process, ms (`ProcessTime`).
        process_time: Option<f64> => "processTime": Mapping::Double,
        /// From the start of the navigation to when this was asked, ms (`Timestamp`, `NavigationStart`).
        since_navigation: Option<f64> => "sinceNavigation": Mapping::Double,
        /// From the start of the navigation to the event `DOMContentLoaded`, ms (`DomContentLoaded`).
        dom_content_loaded: Option<f64> => "domContentLoaded": Mapping::Double,
        /// From the start of the navigation to the first meaningful paint, ms (`FirstMeaningfulPaint`).
        first_meaningful_paint: Option<f64> => "firstMeaningfulPaint": Mapping::Double,
        /// Metrics of a newer browser, by name, in the protocol's units.
        others: Option<BTreeMap<String, f64>> => "others": Mapping::NotIndexed,
    }
}

document! {
    /// The memory of the page at the end of a step (`MEMORY_INTERCEPT=allow`).
    pub struct Memory = "memory" {
        /// The page.
        url: String => "url": Mapping::TextRaw,
        /// Sizes of its JavaScript heap; none when its scripts were busy.
        data: Option<HeapSizes> => "data": Mapping::Object(HeapSizes::FIELDS),
        /// What the browser counts of it.
        metrics: Option<PageMetrics> => "metrics": Mapping::Object(PageMetrics::FIELDS),
        /// Title of the step in which it was measured.
        test_step: Option<String> => "testStep": Mapping::TextRaw,
    }
}
