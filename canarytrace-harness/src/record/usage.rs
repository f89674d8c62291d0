//! Dataset `usage`: what a step, or a whole attempt, cost, and whether the machine was fit to measure.

use super::document::{Absent, Mapping, document};

document! {
    /// What Canarytrace itself took, the practice site and the browser aside.
    pub struct OwnUsage {
        /// Processor time, ms.
        cpu_time: f64 => "cpuTime": Mapping::Double,
        /// Memory at the end, as its proportional set size (PSS), bytes.
        memory: Option<i64> => "memory": Mapping::Long,
        /// The most memory, bytes: `memory`, and what the resident set was larger at its peak.
        peak_memory: Option<i64> => "peakMemory": Mapping::Long,
    }
}

document! {
    /// A figure of the browser by type of process.
    pub struct ByType {
        /// The browser's first process.
        browser: f64 => "browser": Mapping::Double,
        /// Those that run pages, and what starts them; also those that ended.
        renderer: f64 => "renderer": Mapping::Double,
        /// The one that draws.
        gpu: f64 => "gpu": Mapping::Double,
        /// The one that loads.
        network: f64 => "network": Mapping::Double,
        /// All others.
        other: f64 => "other": Mapping::Double,
    }
}

document! {
    /// What the browser took, all of its processes: only of a browser that runs here. The driver and the handlers of
    /// crashes are not in it.
    pub struct BrowserUsage {
        /// Processor time, ms, also that of processes that ended.
        cpu_time: f64 => "cpuTime": Mapping::Double,
        /// Of this, in steps within, ms.
        cpu_time_of_steps: f64 => "cpuTimeOfSteps": Mapping::Double,
        /// `cpuTime` by type of process, ms.
        cpu_time_by_type: ByType => "cpuTimeByType": Mapping::Object(ByType::FIELDS),
        /// Memory at the end, as the sum of the proportional set sizes (PSS), bytes.
        memory: Option<i64> => "memory": Mapping::Long,
        /// `memory` by type of process, bytes.
        memory_by_type: Option<ByType> => "memoryByType": Mapping::Object(ByType::FIELDS),
        /// The most memory, bytes: `memory`, and what the resident set of each process that is still there was larger at
        /// its own peak. It is an upper bound, since not all have their peaks at once.
        peak_memory: Option<i64> => "peakMemory": Mapping::Long,
        /// Whether `memory` leaves out what processes share, because a sandbox hides it from us.
        memory_without_shared: Option<bool> => "memoryWithoutShared": Mapping::Boolean,
        /// Processes at the end.
        processes: i64 => "processes": Mapping::Long,
    }
}

document! {
    /// What went over the connection to the browser (DevTools), what we asked in order to measure included.
    pub struct CdpUsage {
        /// Messages from the browser.
        received: i64 => "received": Mapping::Long,
        /// Their size, bytes.
        received_bytes: i64 => "receivedBytes": Mapping::Long,
        /// Messages to it.
        sent: i64 => "sent": Mapping::Long,
        /// Their size, bytes.
        sent_bytes: i64 => "sentBytes": Mapping::Long,
    }
}

document! {
    /// How long the container had to stand still because its share of processors was used up (`cpu.stat` of its control
    /// group, or of the one above that held it back most).
    pub struct Throttled {
        /// Time, ms; of several processors in sum.
        time: f64 => "time": Mapping::Double,
        /// Periods in which it stood still.
        throttled_periods: i64 => "throttledPeriods": Mapping::Long,
        /// Periods in which it wanted to run.
        periods: i64 => "periods": Mapping::Long,
    }
}

document! {
    /// What a step, or a whole attempt, cost (`CANARYTRACE_USAGE=allow`).
    pub struct Usage = "usage" {
        /// `step` or `attempt`.
        of: &'static str => "of": Mapping::Keyword,
        /// Title of the step.
        test_step: Option<String> => "testStep": Mapping::TextRaw,
        /// How long it took by the clock that never goes back, ms.
        duration: f64 => "duration": Mapping::Double,
        /// What Canarytrace took.
        own: OwnUsage => "own": Mapping::Object(OwnUsage::FIELDS),
        /// What the browser took.
        browser: Option<BrowserUsage> => "browser": Mapping::Object(BrowserUsage::FIELDS),
        /// Bytes of requests that ended meanwhile, over the wire.
        transfer_size: Option<i64> => "transferSize": Mapping::Long,
        /// What went over the connection to the browser.
        cdp: CdpUsage => "cdp": Mapping::Object(CdpUsage::FIELDS),
        /// How long the container had to stand still; none outside of control groups.
        throttled: Option<Throttled> => "throttled": Mapping::Object(Throttled::FIELDS),
        /// Share of the time in which something that could run waited for a processor, percent (pressure stall information,
        /// `some`, of the container if it has its own, else of the machine).
        cpu_pressure: Option<f64> => "cpuPressure": Mapping::Double,
        /// Share of the busy processor time that the hypervisor gave to others, percent.
        steal: Option<f64> => "steal": Mapping::Double,
        /// Of an attempt: how fast a processor is, measured before its first step: higher is faster. A server has about
        /// 150.
        benchmark_index: Option<f64> => "benchmarkIndex": Mapping::Double,
        /// Of an attempt: processors that we may use.
        processors: Option<i64> => "processors": Mapping::Long,
        /// Of an attempt: whether its figures can be trusted.
        reliable: Option<bool> => "reliable": Mapping::Boolean,
        /// Of an attempt: why not: `throttled`, `slow-machine`, `steal`, `cpu-pressure`.
        unreliable_reasons: Option<Vec<String>> => "unreliableReasons": Mapping::Keyword,
    }
}

impl Absent for OwnUsage {}
impl Absent for ByType {}
impl Absent for BrowserUsage {}
impl Absent for CdpUsage {}
impl Absent for Throttled {}
