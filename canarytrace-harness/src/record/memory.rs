//! Dataset `memory`: the JavaScript heap of the page.

use super::document::{Absent, Mapping, document};

document! {
    /// What `performance.memory` says.
    pub struct HeapSizes {
        /// The most that the heap may grow to, bytes.
        js_heap_size_limit: i64 => "jsHeapSizeLimit": Mapping::Long,
        /// Memory that the heap occupies, free space in it included, bytes.
        total_js_heap_size: i64 => "totalJSHeapSize": Mapping::Long,
        /// Memory that living objects take, bytes.
        used_js_heap_size: i64 => "usedJSHeapSize": Mapping::Long,
    }
}

impl Absent for HeapSizes {}

document! {
    /// The JavaScript heap of the page (`MEMORY_INTERCEPT=allow`).
    pub struct Memory = "memory" {
        /// Its sizes.
        data: HeapSizes => "data": Mapping::Object(HeapSizes::FIELDS),
        /// Title of the step in which it was measured.
        test_step: Option<String> => "testStep": Mapping::TextRaw,
    }
}
