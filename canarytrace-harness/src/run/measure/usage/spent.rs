//! Counters, read at the edges of steps: what a step cost is the difference.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::benchmark;
use super::cgroup::{Cgroup, Throttle, throttled};
use super::processes::{self, ByKind, Kind, Memories, Processes, Tree};
use super::verdict::{Condition, Reliability};
use crate::browser::ProcessId;
use crate::devtools::{Connection, Traffic};

/// The counters of one moment.
#[derive(Clone, Debug)]
pub(in crate::run::measure) struct Moment {
    at: Instant,
    own_cpu: Duration,
    tree: Option<Tree>,
    traffic: Traffic,
    throttle: Vec<Throttle>,
    pressure: Option<Duration>,
    /// Busy and stolen ticks.
    machine: Option<(u64, u64)>,
}

/// What is measured: a step, or the attempt.
#[derive(Clone, Debug)]
struct Span {
    step: Option<Uuid>,
    began: Moment,
    /// Processor time of the browser in steps within.
    browser_cpu_of_steps: Duration,
    /// The largest peaks at the ends of outermost steps within.
    peaks: Peaks,
}

/// Bytes: of our process and of the browser.
#[derive(Clone, Copy, Debug, Default)]
struct Peaks {
    own: u64,
    browser: u64,
}

/// Measures one attempt.
#[derive(Debug)]
pub(in crate::run::measure) struct Usage {
    connection: Connection,
    cgroup: Cgroup,
    benchmark: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    processes: Option<Processes>,
    memories: Memories,
    attempt: Span,
    /// The steps that are open, outermost first.
    steps: Vec<Span>,
}

impl Usage {
    /// Begins with an attempt, while no page is measured. `browser` is the first process of a browser that runs here.
    pub(in crate::run::measure) fn start(connection: &Connection, browser: Option<ProcessId>) -> Self {
        let cgroup = Cgroup::find(Path::new("/"));
        let benchmark = benchmark::index();
        let mut processes = browser.map(Processes::new);
        let began = moment(connection, &cgroup, &mut processes);
        let attempt = Span { step: None, began, browser_cpu_of_steps: Duration::ZERO, peaks: Peaks::default() };
        let state = Mutex::new(State { processes, memories: Memories::default(), attempt, steps: Vec::new() });
        Self { connection: connection.clone(), cgroup, benchmark, state }
    }

    /// Whether the browser's processes are seen.
    pub(in crate::run::measure) fn sees_browser(&self) -> bool {
        self.state().attempt.began.tree.is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A step begins.
    pub(in crate::run::measure) fn step_starts(&self, step: Uuid) {
        let state = &mut *self.state();
        let began = moment(&self.connection, &self.cgroup, &mut state.processes);
        // Of a step within a step the peak is that since the outermost one began: the kernel notes one a process.
        if state.steps.is_empty() {
            let browser = began.tree.iter().flat_map(|tree| &tree.processes).map(|(process, _)| process.pid);
            browser.chain(own_pid()).for_each(processes::forget_peak);
        }
        let span = Span { step: Some(step), began, browser_cpu_of_steps: Duration::ZERO, peaks: Peaks::default() };
        state.steps.push(span);
    }

    /// The counters as they are.
    pub(in crate::run::measure) fn now(&self) -> Moment {
        moment(&self.connection, &self.cgroup, &mut self.state().processes)
    }

    /// What a step cost that was over at the moment `now`, in the form of its mark; `None` when it did not begin here. It
    /// reads the memory of processes, which takes the kernel some milliseconds.
    pub(in crate::run::measure) fn step_is_over(&self, step: Uuid, now: &Moment) -> Option<Value> {
        let state = &mut *self.state();
        let at = state.steps.iter().rposition(|span| span.step == Some(step))?;
        // Steps within that were cut off have no end.
        state.steps.truncate(at + 1);
        let span = state.steps.pop()?;
        let (mut told, seen, _) = self.told(&span, now, &mut state.memories);
        let around = state.steps.last_mut().unwrap_or(&mut state.attempt);
        around.browser_cpu_of_steps += browser_cpu(&span, now).map_or(Duration::ZERO, |cpu| total(&cpu));
        around.peaks = Peaks { own: around.peaks.own.max(seen.own), browser: around.peaks.browser.max(seen.browser) };
        told["of"] = "step".into();
        Some(told)
    }

    /// What the attempt cost that was over at the moment `now`, in the form of its mark, and whether its figures can be
    /// trusted. It reads the memory of processes anew.
    pub(in crate::run::measure) fn attempt_is_over(&self, now: &Moment) -> (Value, Reliability) {
        let state = &mut *self.state();
        let (mut told, _, condition) = self.told(&state.attempt, now, &mut state.memories);
        let verdict = condition.judge();
        told["of"] = "attempt".into();
        told["benchmarkIndex"] = rounded(self.benchmark).into();
        told["processors"] = std::thread::available_parallelism().map(usize::from).ok().into();
        told["reliable"] = verdict.reasons.is_empty().into();
        told["unreliableReasons"] = json!(verdict.reasons);
        (told, verdict)
    }

    /// What a span cost until `now`, its peaks, and the condition of the machine meanwhile.
    fn told(&self, span: &Span, now: &Moment, memories: &mut Memories) -> (Value, Peaks, Condition) {
        let began = &span.began;
        let anew = span.step.is_none();
        let duration = now.at.duration_since(began.at);
        let own = own_pid().and_then(|pid| memories.of(pid, anew));
        let own_peak = own.map_or(0, |own| own.peak).max(span.peaks.own);
        let mut peaks = Peaks { own: own_peak, browser: span.peaks.browser };
        let browser = now.tree.as_ref().zip(browser_cpu(span, now)).map(|(tree, cpu)| {
            let mut memory = ByKind::<u64>::default();
            let (mut peak, mut without_shared, mut any) = (0, false, false);
            for (process, kind) in &tree.processes {
                if let Some(of) = memories.of(process.pid, anew) {
                    memory.add(*kind, of.now);
                    peak += of.peak;
                    without_shared |= of.without_shared;
                    any = true;
                }
            }
            peaks.browser = peaks.browser.max(peak);
            json!({
                "cpuTime": ms(total(&cpu)),
                "cpuTimeOfSteps": ms(span.browser_cpu_of_steps),
                "cpuTimeByType": by_type(&cpu.0.map(ms)),
                "memory": any.then(|| memory.0.iter().sum::<u64>()),
                "memoryByType": any.then(|| by_type(&memory.0)),
                "peakMemory": any.then_some(peaks.browser),
                "memoryWithoutShared": any.then_some(without_shared),
                "processes": tree.processes.len(),
            })
        });
        let throttled = throttled(&began.throttle, &now.throttle);
        let pressure =
            now.pressure.zip(began.pressure).map(|(now, began)| percent(now.saturating_sub(began), duration));
        let steal = now.machine.zip(began.machine).and_then(|(now, began)| {
            let (busy, stolen) = (now.0.saturating_sub(began.0), now.1.saturating_sub(began.1));
            #[expect(clippy::cast_precision_loss, reason = "no machine ran for 2^52 ticks")]
            (busy + stolen > 0).then(|| rounded(stolen as f64 * 100.0 / (busy + stolen) as f64))
        });
        let traffic = now.traffic.since(began.traffic);
        let told = json!({
            "duration": ms(duration),
            "own": {
                "cpuTime": ms(now.own_cpu.saturating_sub(began.own_cpu)),
                "memory": own.map(|own| own.now),
                "peakMemory": own.map(|_| own_peak),
            },
            "browser": browser,
            "cdp": {
                "received": traffic.received, "receivedBytes": traffic.received_bytes,
                "sent": traffic.sent, "sentBytes": traffic.sent_bytes,
            },
            "throttled": throttled.map(|throttled| json!({
                "time": ms(throttled.time),
                "throttledPeriods": throttled.throttled_periods,
                "periods": throttled.periods,
            })),
            "cpuPressure": pressure,
            "steal": steal,
        });
        let condition = Condition {
            duration,
            throttled: throttled.map(|throttled| throttled.time),
            benchmark: self.benchmark,
            steal,
            pressure,
        };
        (told, peaks, condition)
    }
}

fn moment(connection: &Connection, cgroup: &Cgroup, processes: &mut Option<Processes>) -> Moment {
    Moment {
        at: Instant::now(),
        own_cpu: processes::own_cpu(),
        tree: processes.as_mut().and_then(Processes::look),
        traffic: connection.traffic(),
        throttle: cgroup.throttle(),
        pressure: cgroup.pressure(),
        machine: processes::machine(),
    }
}

fn own_pid() -> Option<i32> {
    i32::try_from(std::process::id()).ok()
}

/// Processor time of the browser in a span, by kind; `None` when it is not seen.
fn browser_cpu(span: &Span, now: &Moment) -> Option<ByKind<Duration>> {
    let (began, now) = (span.began.tree.as_ref()?, now.tree.as_ref()?);
    let mut cpu = ByKind::default();
    for (at, kind) in [Kind::Browser, Kind::Renderer, Kind::Gpu, Kind::Network, Kind::Other].into_iter().enumerate() {
        // A kind may have less than before when one of it ended: another takes its time over.
        cpu.add(kind, now.cpu.0[at].saturating_sub(began.cpu.0[at]));
    }
    Some(cpu)
}

fn total(cpu: &ByKind<Duration>) -> Duration {
    cpu.0.iter().sum()
}

fn by_type<T: Copy + Into<Value>>(values: &[T; 5]) -> Value {
    Kind::NAMES.into_iter().zip(values).map(|(name, value)| (name.to_owned(), (*value).into())).collect()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn percent(part: Duration, of: Duration) -> f64 {
    if of.is_zero() { 0.0 } else { rounded((part.as_secs_f64() * 100.0 / of.as_secs_f64()).min(100.0)) }
}

/// One digit behind the point: more would be noise.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
