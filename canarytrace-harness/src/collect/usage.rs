//! Dataset `usage` from what was measured of our own process and the browser's, and the bytes that messages tell of.

use serde_json::Value;

use super::cut::{SHORT, beginning};
use crate::devtools::protocol::canarytrace::UsageMeasured;
use crate::devtools::protocol::{Event, Message};
use crate::record::usage::{BrowserUsage, ByType, CdpUsage, OwnUsage, Throttled};
use crate::record::{Metric, Usage};

/// How many reasons of one attempt are kept; we give four.
const MOST_REASONS: usize = 20;

/// The figures of a step or an attempt, for budgets. What steps within took is in their own documents.
pub fn figures(document: &Usage) -> Vec<(Metric, f64)> {
    let own = |browser: &BrowserUsage| (Metric::BrowserCpu, (browser.cpu_time - browser.cpu_time_of_steps).max(0.0));
    document.browser.iter().map(own).collect()
}

/// Bytes over the wire that a message tells of: of a request that ended, or of an answer that leads to another request.
pub fn transferred(message: &Message<'_>) -> f64 {
    let bytes = match &message.event {
        Event::LoadingFinished(finished) => finished.encoded_data_length.number(),
        Event::RequestWillBeSent(sent) => sent.redirect_response.get().and_then(|hop| hop.encoded_data_length.number()),
        _ => None,
    };
    bytes.filter(|bytes| *bytes > 0.0).unwrap_or_default()
}

/// The document of a mark. `transfer_size` are the bytes meanwhile, `test_step` is the title of the step, if it is of one.
pub fn usage(mark: &UsageMeasured, transfer_size: Option<f64>, test_step: Option<&str>) -> Option<Usage> {
    let told = mark.usage.get()?;
    let is_attempt = told["of"] == "attempt";
    let own = &told["own"];
    let cdp = &told["cdp"];
    let reasons = told["unreliableReasons"].as_array().map(|reasons| {
        reasons
            .iter()
            .take(MOST_REASONS)
            .filter_map(Value::as_str)
            .map(|reason| beginning(reason, SHORT).to_owned())
            .collect()
    });
    Some(Usage {
        of: if is_attempt { "attempt" } else { "step" },
        test_step: test_step.filter(|_| !is_attempt).map(str::to_owned),
        duration: told["duration"].as_f64()?,
        own: OwnUsage {
            cpu_time: own["cpuTime"].as_f64()?,
            memory: own["memory"].as_i64(),
            peak_memory: own["peakMemory"].as_i64(),
        },
        browser: browser(&told["browser"]),
        transfer_size: transfer_size.map(whole),
        cdp: CdpUsage {
            received: cdp["received"].as_i64().unwrap_or_default(),
            received_bytes: cdp["receivedBytes"].as_i64().unwrap_or_default(),
            sent: cdp["sent"].as_i64().unwrap_or_default(),
            sent_bytes: cdp["sentBytes"].as_i64().unwrap_or_default(),
        },
        throttled: throttled(&told["throttled"]),
        cpu_pressure: told["cpuPressure"].as_f64(),
        steal: told["steal"].as_f64(),
        benchmark_index: told["benchmarkIndex"].as_f64(),
        processors: told["processors"].as_i64(),
        reliable: told["reliable"].as_bool(),
        unreliable_reasons: reasons,
    })
}

fn browser(told: &Value) -> Option<BrowserUsage> {
    Some(BrowserUsage {
        cpu_time: told["cpuTime"].as_f64()?,
        cpu_time_of_steps: told["cpuTimeOfSteps"].as_f64().unwrap_or_default(),
        cpu_time_by_type: by_type(&told["cpuTimeByType"]),
        memory: told["memory"].as_i64(),
        memory_by_type: told.get("memoryByType").filter(|told| told.is_object()).map(by_type),
        peak_memory: told["peakMemory"].as_i64(),
        memory_without_shared: told["memoryWithoutShared"].as_bool(),
        processes: told["processes"].as_i64().unwrap_or_default(),
    })
}

fn by_type(told: &Value) -> ByType {
    let of = |name: &str| told[name].as_f64().unwrap_or_default();
    ByType {
        browser: of("browser"),
        renderer: of("renderer"),
        gpu: of("gpu"),
        network: of("network"),
        other: of("other"),
    }
}

fn throttled(told: &Value) -> Option<Throttled> {
    Some(Throttled {
        time: told["time"].as_f64()?,
        throttled_periods: told["throttledPeriods"].as_i64()?,
        periods: told["periods"].as_i64()?,
    })
}

fn whole(bytes: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "what is too large becomes the largest number")]
    {
        bytes as i64
    }
}
