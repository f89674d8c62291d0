#![expect(
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small whole numbers, which are exact"
)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::devtools::protocol::IntoOwned as _;

/// A picture of 100 pixels, of which so many are black and the others white.
fn picture(black: usize) -> Histogram {
    let mut pixels = vec![255; 300];
    pixels[..black * 3].fill(0);
    Histogram::of_rgb(&pixels)
}

fn looks(frames: &[(f64, usize)]) -> Option<Looks> {
    Looks::of(&frames.iter().map(|(at, black)| (*at, picture(*black))).collect::<Vec<_>>())
}

#[test]
fn speed_index_is_the_area_above_the_curve() {
    // White until 100, a quarter until 300, half until 700, then all.
    let looks = looks(&[(40.0, 0), (100.0, 20), (300.0, 40), (700.0, 80), (900.0, 80)]).unwrap();
    assert_eq!((looks.first, looks.last), (100.0, 700.0));
    assert_eq!(looks.speed_index, 100.0 + 200.0 * 0.75 + 400.0 * 0.5);
    let complete = [0.25, 0.26, 0.5, 0.85, 0.99, 1.0].map(|share| looks.complete(share));
    assert_eq!(complete, [100.0, 300.0, 300.0, 700.0, 700.0, 700.0]);
}

#[test]
fn a_page_that_shows_nothing_has_no_figures() {
    assert_eq!(looks(&[]), None);
    assert_eq!(looks(&[(10.0, 0), (20.0, 0)]), None);
    // What came and went again is nothing to compare with, either.
    assert_eq!(looks(&[(10.0, 0), (20.0, 5), (30.0, 0)]), None);
}

#[test]
fn the_first_picture_may_be_the_only_change() {
    let looks = looks(&[(50.0, 30)]).unwrap();
    assert_eq!((looks.first, looks.last, looks.speed_index, looks.complete(1.0)), (50.0, 50.0, 50.0, 50.0));
}

proptest! {
    #[test]
    fn speed_index_is_that_of_a_plain_reference(
        steps in proptest::collection::vec((1_u32..500, 0_usize..=100), 1..20), last in 1_usize..=100,
    ) {
        let mut at = 0.0;
        let mut frames: Vec<(f64, usize)> = steps.iter().map(|(wait, black)| { at += f64::from(*wait); (at, *black) }).collect();
        frames.push((at + 1.0, last));
        // Of the pixels that become black in the end, how many are black; what is too much does not count.
        let share = |black: usize| black.min(last) as f64 / last as f64;
        let mut expected = 0.0;
        let end = frames.last().unwrap().0 as u32;
        for millisecond in 0..end {
            let shown = frames.iter().take_while(|(at, _)| *at <= f64::from(millisecond)).last();
            expected += 1.0 - shown.map_or(0.0, |(_, black)| share(*black));
        }
        let looks = looks(&frames).unwrap();
        prop_assert!((looks.speed_index - expected).abs() < 1e-6, "{} {expected}", looks.speed_index);
        prop_assert!(looks.first <= looks.last || looks.progress.len() == 1);
    }
}

fn push(loads: &mut PageLoads, message: &Value, step: Option<Uuid>) -> Vec<VisualProgress> {
    let text = message.to_string();
    let message = Message::parse(&text).unwrap().into_owned();
    loads.push(&message, step).into_iter().map(|(_, document)| document).collect()
}

fn asked(loader: &str, at: f64) -> Value {
    json!({ "method": "Network.requestWillBeSent", "sessionId": "S", "params": {
        "requestId": loader, "loaderId": loader, "type": "Document", "timestamp": at, "wallTime": 5000.0 + at } })
}

fn answered(loader: &str, at: f64) -> Value {
    json!({ "method": "Network.responseReceived", "sessionId": "S", "params": {
        "requestId": loader, "loaderId": loader, "type": "Document", "timestamp": at } })
}

fn navigated(loader: &str, url: &str) -> Value {
    json!({ "method": "Page.frameNavigated", "sessionId": "S", "params": {
        "frame": { "id": "F", "loaderId": loader, "url": url } } })
}

fn frame(at: f64, black: usize) -> Value {
    json!({ "method": "Page.screencastFrame", "sessionId": "S", "params": {
        "data": "", "metadata": { "monotonicTimestamp": at }, "canarytraceHistogram": picture(black).to_json() } })
}

fn loaded(at: f64) -> Value {
    json!({ "method": "Page.loadEventFired", "sessionId": "S", "params": { "timestamp": at } })
}

fn over(reason: &str) -> Value {
    json!({ "method": "Canarytrace.pageLoadOver", "sessionId": "S", "params": { "reason": reason } })
}

/// What messages without steps give.
fn of(messages: &[Value]) -> Vec<VisualProgress> {
    let mut loads = PageLoads::default();
    let mut given: Vec<_> = messages.iter().flat_map(|message| push(&mut loads, message, None)).collect();
    given.extend(loads.finish().into_iter().map(|(_, document)| document));
    given
}

#[test]
fn pictures_of_the_page_before_and_after_the_load_do_not_count() {
    let documents = of(&[
        frame(9.0, 70),
        asked("A", 10.0),
        // Still the page before.
        frame(10.1, 60),
        answered("A", 10.2),
        navigated("A", "http://shop/"),
        frame(10.15, 60),
        frame(10.3, 20),
        loaded(10.5),
        frame(11.0, 40),
        // Ten seconds and more after the load: an advertisement.
        frame(21.0, 100),
    ]);
    let [document] = documents.try_into().unwrap();
    assert_eq!((document.url.as_str(), document.frames), ("http://shop/", 2));
    let close = |value: Option<f64>, expected: f64| (value.unwrap() - expected).abs() < 0.001;
    assert!(close(document.first_visual_change, 300.0) && close(document.last_visual_change, 1000.0), "{document:?}");
    assert!(close(document.speed_index, 300.0 + 700.0 * 0.5), "{document:?}");
}

#[test]
fn a_page_load_ends_with_input_or_the_next_page() {
    let documents = of(&[
        asked("A", 1.0),
        navigated("A", "http://shop/a"),
        frame(1.5, 10),
        over("input"),
        frame(2.0, 90),
        asked("B", 3.0),
        navigated("B", "http://shop/b"),
        frame(3.25, 10),
        asked("C", 4.0),
        navigated("C", "http://shop/c"),
    ]);
    let urls: Vec<_> = documents.iter().map(|document| (&*document.url, document.frames)).collect();
    assert_eq!(urls, [("http://shop/a", 1), ("http://shop/b", 1), ("http://shop/c", 0)]);
    assert_eq!(documents[1].visually_complete, Some(250.0));
    assert_eq!(documents[2].speed_index, None);
}

#[test]
fn a_page_out_of_the_back_forward_cache_is_no_load() {
    let documents = of(&[
        asked("A", 1.0),
        navigated("A", "http://shop/a"),
        frame(1.5, 10),
        // The loader of a page that was there before: nobody asked for it now.
        navigated("OLD", "http://shop/before"),
        frame(2.0, 50),
    ]);
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].frames, 1);
}

#[test]
fn a_document_belongs_to_the_step_in_which_the_page_was_asked_for() {
    let step = Uuid::from_u128(7);
    let mut loads = PageLoads::default();
    push(&mut loads, &asked("A", 1.0), Some(step));
    push(&mut loads, &navigated("A", "http://shop/a"), Some(step));
    push(&mut loads, &frame(1.5, 10), Some(step));
    let text = json!({ "method": "Canarytrace.stepEnded", "params": { "uuidAction": step.to_string() } }).to_string();
    let ended = loads.push(&Message::parse(&text).unwrap(), None);
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].0, Some(step));
    assert!(loads.finish().is_empty());
}

#[test]
fn an_old_browser_without_monotonic_times_is_measured_by_the_wall_clock() {
    let mut picture = frame(0.0, 10);
    picture["params"]["metadata"] = json!({ "timestamp": 5001.5 });
    let documents = of(&[asked("A", 1.0), navigated("A", "http://shop/a"), picture]);
    assert_eq!(documents[0].first_visual_change, Some(500.0));
}

#[test]
fn figures_are_those_that_there_are() {
    let documents = of(&[asked("A", 1.0), navigated("A", "http://shop/a"), frame(1.5, 10)]);
    let names: Vec<_> = figures(&documents[0]).iter().map(|(metric, value)| (metric.name(), *value)).collect();
    assert_eq!(names, [("first_visual_change", 500.0), ("speed_index", 500.0), ("visually_complete", 500.0)]);
    let white = of(&[asked("A", 1.0), navigated("A", "http://shop/a"), frame(1.5, 0)]);
    assert_eq!((white.len(), figures(&white[0])), (1, Vec::new()));
}
