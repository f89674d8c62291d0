use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::blocking::{Busy, total_blocking_time};
use super::cls::{Shift, largest_window};
use super::inp::{InputEvent, decisive};
use super::lcp::{LargestPaint, Loaded, attribution};
use crate::collect::derive::{Derivation, DeriveOptions, Derived, DerivedDocument};
use crate::devtools::protocol::{IntoOwned as _, Message};
use crate::record::{PerformanceEntry, Vitals};

/// CLS as its definition reads: the largest sum of any window that begins with a shift to which none belongs before.
fn cls_as_defined(shifts: &[(f64, f64)]) -> f64 {
    let mut windows: Vec<Vec<(f64, f64)>> = Vec::new();
    for &(at, value) in shifts {
        match windows.last_mut() {
            Some(window) if at - window[window.len() - 1].0 < 1000.0 && at - window[0].0 < 5000.0 => {
                window.push((at, value));
            }
            _ => windows.push(vec![(at, value)]),
        }
    }
    windows.iter().map(|window| window.iter().map(|(_, value)| value).sum()).fold(0.0, f64::max)
}

/// INP as its definition reads: all interactions by how long each took, the longest left out for each 50.
fn inp_as_defined(events: &[(i64, f64)], interactions: usize) -> Option<f64> {
    let mut longest: BTreeMap<i64, f64> = BTreeMap::new();
    for &(interaction, duration) in events.iter().filter(|(interaction, _)| *interaction > 0) {
        let so_far = longest.entry(interaction).or_default();
        *so_far = so_far.max(duration);
    }
    let mut durations: Vec<f64> = longest.into_values().collect();
    durations.sort_by(f64::total_cmp);
    for _ in 0..interactions / 50 {
        if durations.len() > 1 {
            durations.pop();
        }
    }
    durations.pop()
}

proptest! {
    #[test]
    fn the_worst_session_window_is_the_definitions(
        gaps in prop::collection::vec((prop_oneof![0.0..1500.0_f64, Just(999.9), Just(1000.0)], 0.0..0.5_f64), 0..60),
    ) {
        let mut at = 0.0;
        let shifts: Vec<(f64, f64)> = gaps.iter().map(|(gap, value)| { at += gap; (at, *value) }).collect();
        let ours: Vec<Shift> = shifts.iter().map(|&(at, value)| Shift { at, value, sources: Value::Null }).collect();
        let found = largest_window(&ours).map_or(0.0, |(_, score)| score);
        prop_assert!((found - cls_as_defined(&shifts)).abs() < 1e-9, "{found}");
        if let Some((window, score)) = largest_window(&ours) {
            let sum: f64 = window.iter().map(|shift| shift.value).sum();
            prop_assert!((sum - score).abs() < 1e-9);
            prop_assert!(window[window.len() - 1].at - window[0].at < 5000.0);
        }
    }

    #[test]
    fn the_interaction_that_counts_is_the_definitions(
        events in prop::collection::vec((0..160_i64, (2..100_u32).prop_map(|step| f64::from(step * 8))), 0..500),
        too_short in 0..200_usize,
    ) {
        let ours: Vec<InputEvent> = events
            .iter()
            .enumerate()
            .map(|(at, &(interaction, duration))| InputEvent {
                name: "click".to_owned(),
                at: f64::from(u32::try_from(at).unwrap()),
                duration,
                interaction,
                ..InputEvent::default()
            })
            .collect();
        let told: std::collections::BTreeSet<i64> =
            events.iter().map(|(interaction, _)| *interaction).filter(|interaction| *interaction > 0).collect();
        let all = told.len() + too_short;
        let found = decisive(&ours, all as u64).map(|event| event.duration);
        prop_assert_eq!(found, inp_as_defined(&events, all));
    }
}

#[test]
fn a_window_lasts_five_seconds_at_most_and_a_second_without_shifts_ends_it() {
    let shifts = |times: &[f64]| -> Vec<Shift> {
        times.iter().map(|at| Shift { at: *at, value: 0.1, sources: Value::Null }).collect()
    };
    let score = |times: &[f64]| largest_window(&shifts(times)).map(|(window, _)| window.len());
    assert_eq!(score(&[0.0, 999.0]), Some(2));
    assert_eq!(score(&[0.0, 1000.0]), Some(1));
    assert_eq!(score(&[0.0, 900.0, 1800.0, 2700.0, 3600.0, 4500.0, 5000.0]), Some(6));
    assert_eq!(score(&[]), None);
}

#[test]
fn long_tasks_block_beyond_50_ms_and_after_the_first_paint() {
    let task = |at, duration| Busy { at, duration, blocking: 0.0 };
    assert!((total_blocking_time(&[task(0.0, 500.0), task(1000.0, 120.0)], 900.0) - 70.0).abs() < 1e-9);
    // What of it came after the paint counts.
    assert!((total_blocking_time(&[task(800.0, 200.0)], 900.0) - 50.0).abs() < 1e-9);
    assert_eq!(total_blocking_time(&[], 0.0).to_string(), "0");
}

#[test]
fn the_parts_of_lcp_add_up_to_it() {
    let image = LargestPaint { at: 900.0, size: 1.0, url: "http://a/b".to_owned(), target: None };
    for loaded in [
        None,
        Some(Loaded { requested: 300.0, end: 700.0 }),
        // Asked for before the page answered; and not there when it was painted.
        Some(Loaded { requested: 50.0, end: 2000.0 }),
    ] {
        let parts = attribution(&image, 900.0, 100.0, loaded, 0.0);
        let sum = parts.time_to_first_byte
            + parts.resource_load_delay
            + parts.resource_load_duration
            + parts.element_render_delay;
        assert!((sum - 900.0).abs() < 1e-9, "{parts:?}");
        let all = [parts.resource_load_delay, parts.resource_load_duration, parts.element_render_delay];
        assert!(all.iter().all(|part| *part >= 0.0), "{parts:?}");
    }
}

/// What a page tells: its document, why, and what else the batch says.
fn batch(document: &str, because: &str, more: &Value) -> Value {
    let mut batch = json!({
        "document": document, "because": because, "url": format!("http://a/{document}"), "visible": true,
        "moments": [], "missed": {}, "entries": [], "interactions": 0,
    });
    batch.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let params = json!({ "name": "canarytraceTellTimeline", "payload": batch.to_string() });
    json!({ "method": "Runtime.bindingCalled", "sessionId": "S", "params": params })
}

fn step(method: &str, title: &str) -> Value {
    let uuid = "00000000-0000-4000-8000-000000000001";
    json!({ "method": method, "params": { "uuidAction": uuid, "title": title, "fullTitle": format!("monitor {title}") } })
}

fn derive(messages: &[Value]) -> (Vec<Vitals>, Vec<PerformanceEntry>) {
    let options = DeriveOptions { performance_entries: true, vitals: true, ..DeriveOptions::default() };
    let mut derivation = Derivation::new(options);
    let mut derived: Vec<Derived> = Vec::new();
    for message in messages {
        derived.extend(derivation.push(Message::parse(&message.to_string()).unwrap().into_owned()));
    }
    derived.extend(derivation.finish());
    let (mut vitals, mut entries) = (Vec::new(), Vec::new());
    for derived in derived {
        match derived.document {
            DerivedDocument::Vitals(document) => vitals.push(*document),
            DerivedDocument::PerformanceEntry(document) => entries.push(*document),
            other => panic!("{other:?}"),
        }
    }
    (vitals, entries)
}

fn paint(at: f64) -> Value {
    json!({ "entryType": "paint", "name": "first-contentful-paint", "startTime": at, "duration": 0 })
}

fn largest(at: f64) -> Value {
    json!({ "entryType": "largest-contentful-paint", "name": "", "startTime": at, "size": 10, "url": "" })
}

fn shift(at: f64, value: f64) -> Value {
    json!({ "entryType": "layout-shift", "name": "", "startTime": at, "value": value, "hadRecentInput": false })
}

fn navigation(more: &Value) -> Value {
    let mut entry = json!({
        "entryType": "navigation", "type": "navigate", "name": "http://a/one", "startTime": 0, "duration": 300,
        "fetchStart": 10, "domainLookupStart": 20, "connectStart": 30, "connectEnd": 40, "requestStart": 45,
        "responseStart": 100, "responseEnd": 120, "domContentLoadedEventEnd": 200, "loadEventEnd": 300,
    });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

#[test]
fn a_page_is_over_when_the_next_one_begins_and_what_it_tells_afterwards_is_of_no_page() {
    let (vitals, entries) = derive(&[
        step("Canarytrace.stepStarted", "open"),
        batch("one", "began", &json!({})),
        batch("one", "idle", &json!({ "entries": [navigation(&json!({})), paint(150.0), largest(150.0)] })),
        step("Canarytrace.stepEnded", "open"),
        batch("two", "began", &json!({})),
        batch("one", "leaving", &json!({ "entries": [largest(900.0)] })),
    ]);
    let [one, two] = &vitals[..] else { panic!("{vitals:#?}") };
    assert_eq!(
        (one.ended, one.url.as_str(), one.full_title.as_deref()),
        ("left", "http://a/one", Some("monitor open"))
    );
    assert_eq!((one.ttfb, one.fcp, one.lcp, one.cls), (Some(100.0), Some(150.0), Some(150.0), Some(0.0)));
    assert_eq!((one.dom_content_loaded, one.load, one.inp), (Some(200.0), Some(300.0), None));
    assert_eq!((two.ended, two.full_title.as_deref(), two.painted), ("recording-over", None, false));
    assert_eq!((two.fcp, two.lcp, two.cls, two.tbt), (None, None, None, None));
    // It is in the timeline all the same.
    assert_eq!(entries.len(), 4);
    assert_eq!((entries[0].response_time, entries[0].ttfb), (Some(75.0), Some(55.0)));
    assert_eq!(entries[0].full_title.as_deref(), Some("monitor open"));
}

#[test]
fn a_page_that_is_left_before_its_load_has_the_entry_of_its_navigation_once() {
    let early = navigation(&json!({ "loadEventEnd": 0, "duration": 0 }));
    let (vitals, entries) = derive(&[
        batch("one", "began", &json!({})),
        batch("one", "idle", &json!({ "navigation": early })),
        batch("one", "leaving", &json!({ "navigation": early })),
        batch("two", "began", &json!({})),
        batch("two", "idle", &json!({ "navigation": early })),
        batch("two", "idle", &json!({ "entries": [navigation(&json!({}))] })),
    ]);
    let of = |url: &str| entries.iter().filter(|entry| entry.document_url.as_deref() == Some(url)).count();
    assert_eq!((of("http://a/one"), of("http://a/two")), (1, 1), "{entries:#?}");
    assert_eq!((vitals[0].ttfb, vitals[0].load, vitals[1].load), (Some(100.0), None, Some(300.0)));
}

#[test]
fn what_is_painted_after_a_page_was_hidden_counts_no_more() {
    let hidden = json!([{ "what": "hidden", "at": 500.0 }]);
    let (vitals, _) = derive(&[
        batch("one", "began", &json!({})),
        batch(
            "one",
            "hidden",
            &json!({ "moments": hidden, "entries": [paint(400.0), largest(400.0), largest(600.0)] }),
        ),
        batch("two", "began", &json!({ "visible": false })),
        batch("two", "idle", &json!({ "visible": true, "entries": [paint(700.0), largest(700.0), shift(800.0, 0.2)] })),
    ]);
    assert_eq!((vitals[0].lcp, vitals[0].hidden_at), (Some(400.0), Some(500.0)));
    assert_eq!((vitals[1].fcp, vitals[1].lcp, vitals[1].cls), (None, None, None));
    assert_eq!((vitals[1].hidden_at, vitals[1].painted), (Some(0.0), false));
}

#[test]
fn a_page_that_comes_back_from_the_cache_is_measured_anew() {
    let (vitals, _) = derive(&[
        batch("one", "began", &json!({})),
        batch("one", "leaving", &json!({ "interactions": 3, "entries": [paint(100.0), shift(200.0, 0.3)] })),
        batch("two", "began", &json!({})),
        batch(
            "one",
            "restored",
            &json!({ "interactions": 3, "moments": [{ "what": "restored", "at": 5000.0 }], "entries": [] }),
        ),
        batch(
            "one",
            "idle",
            &json!({ "interactions": 4, "moments": [{ "what": "painted", "at": 5030.0 }], "entries": [shift(5100.0, 0.1)] }),
        ),
    ]);
    let [one, _, again] = &vitals[..] else { panic!("{vitals:#?}") };
    assert_eq!((one.navigation_type, one.cls), ("navigate", Some(0.3)));
    assert_eq!((again.navigation_type, again.url.as_str()), ("back-forward-cache", "http://a/one"));
    assert_eq!((again.fcp, again.lcp, again.cls, again.ttfb), (Some(30.0), Some(30.0), Some(0.1), None));
    // An interaction of which the browser told no entry was a short one.
    assert_eq!((again.interactions, again.inp), (1, Some(8.0)));
}

#[test]
fn a_prerendered_page_is_measured_from_when_it_was_shown() {
    let shown = navigation(&json!({ "activationStart": 400 }));
    let moments = json!([{ "what": "activated", "at": 400.0 }]);
    let (vitals, _) = derive(&[
        batch("one", "began", &json!({ "visible": false, "prerendering": true })),
        batch("one", "idle", &json!({ "moments": moments, "entries": [shown, paint(450.0), largest(450.0)] })),
    ]);
    let [one] = &vitals[..] else { panic!("{vitals:#?}") };
    assert_eq!((one.navigation_type, one.activation_start), ("prerender", Some(400.0)));
    assert_eq!((one.ttfb, one.fcp, one.lcp), (Some(0.0), Some(50.0), Some(50.0)));
    assert_eq!((one.load, one.hidden_at), (Some(0.0), None));
}

#[test]
fn a_soft_navigation_divides_what_was_before_from_what_is_after() {
    let click = |at: f64, interaction: i64| {
        json!({ "entryType": "event", "name": "click", "startTime": at, "duration": 40, "processingStart": at + 5.0,
            "processingEnd": at + 10.0, "interactionId": interaction, "targetSelector": "#to" })
    };
    let soft = json!({
        "entryType": "soft-navigation", "name": "http://a/view", "startTime": 1000.0, "duration": 0, "interactionId": 7,
        "navigationId": 9, "paintTime": 1060.0, "interactionCount": 1,
        "largestContentfulPaint": { "renderTime": 1060.0, "size": 9, "url": "", "targetSelector": "#view" },
    });
    let (vitals, _) = derive(&[
        batch("one", "began", &json!({})),
        batch(
            "one",
            "idle",
            &json!({
                "interactions": 2,
                "entries": [paint(100.0), shift(500.0, 0.2), click(1000.0, 7), soft, shift(2000.0, 0.05), click(3000.0, 8)],
            }),
        ),
    ]);
    let [load, view] = &vitals[..] else { panic!("{vitals:#?}") };
    assert_eq!((load.navigation_type, load.cls, load.inp, load.interactions), ("navigate", Some(0.2), Some(40.0), 1));
    assert_eq!((view.navigation_type, view.url.as_str()), ("soft-navigation", "http://a/view"));
    assert_eq!((view.fcp, view.lcp, view.cls, view.interactions), (Some(60.0), Some(60.0), Some(0.05), 1));
    assert_eq!(view.lcp_attribution.as_ref().and_then(|lcp| lcp.target.as_deref()), Some("#view"));
    assert_eq!(view.inp_attribution.as_ref().map(|inp| inp.interaction_time), Some(2000.0));
    assert_eq!(Some(view.start_time), Some(1000.0));
}

#[test]
fn a_batch_that_cannot_be_read_is_said() {
    let mut derivation = Derivation::new(DeriveOptions { vitals: true, ..DeriveOptions::default() });
    let torn = json!({ "method": "Runtime.bindingCalled", "sessionId": "S",
        "params": { "name": "canarytraceTellTimeline", "payload": "{" } });
    let missed = batch("one", "idle", &json!({ "missed": { "mark": 5 } }));
    for message in [torn, missed] {
        derivation.push(Message::parse(&message.to_string()).unwrap().into_owned());
    }
    let words = derivation.missed_entries().in_words().unwrap();
    assert!(words.contains("5 of type mark") && words.contains("1 batches"), "{words}");
}
