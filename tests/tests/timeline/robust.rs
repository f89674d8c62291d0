//! Pages that are left, come back, hide, refuse, overwrite and flood.

use canarytrace_tests::clock::Clock;
use serde_json::{Value, json};

use crate::support::{documents, entries, journey, marks, number, only_vitals, passed, text, vitals};

const QUICK: &str = "?first=0&second=0";

pub(crate) fn entries_of_a_page_that_is_left_by_a_click_are_there() {
    let run = passed(journey("leaves_by_click"));
    assert_eq!(marks(&run, "left "), 300);
    let pages = vitals(&run, QUICK);
    let [left, last] = &pages[..] else { panic!("{pages:#?}") };
    assert_eq!((text(left, "/ended"), text(last, "/ended")), ("left", "attempt-over"), "{pages:#?}");
    assert!(text(left, "/fullTitle").ends_with(" visit") && text(last, "/fullTitle").ends_with(" leave"), "{pages:#?}");
    assert_ne!(left["uuidAction"], last["uuidAction"]);
}

pub(crate) fn entries_of_a_page_that_leaves_for_another_origin_are_there() {
    let run = passed(journey("leaves_for_another_origin"));
    assert_eq!(marks(&run, "left "), 300);
    assert_eq!(text(&only_vitals(&run, QUICK), "/ended"), "left");
    let other = only_vitals(&run, "&other");
    assert!(text(&other, "/url").contains("//localhost:") && other["lcp"].is_number(), "{other:#}");
}

pub(crate) fn a_navigation_in_the_midst_of_another_is_measured() {
    let run = passed(journey("changes_its_mind"));
    assert_eq!(marks(&run, "left "), 300);
    let left = only_vitals(&run, "/never-ends");
    assert_eq!((&left["load"], text(&left, "/ended")), (&Value::Null, "left"), "{left:#}");
    assert!(left["ttfb"].is_number() && left["fcp"].is_number(), "{left:#}");
    // The browser never gave the entry of the navigation that was left.
    let navigations = entries(&run, "navigation");
    let of_left: Vec<_> = navigations.iter().filter(|entry| text(entry, "/name").ends_with("/never-ends")).collect();
    assert_eq!((navigations.len(), of_left.len()), (3, 1), "{navigations:#?}");
    assert_eq!(of_left[0]["loadEventEnd"], json!(0.0), "{of_left:#?}");
}

pub(crate) fn a_page_that_comes_back_from_the_cache_is_measured_anew() {
    let run = passed(journey("goes_back"));
    let pages = documents(&run, "vitals");
    let kinds: Vec<&str> = pages.iter().map(|page| text(page, "/navigationType")).collect();
    assert_eq!(kinds, ["navigate", "navigate", "back-forward-cache"], "{pages:#?}");
    let again = &pages[2];
    assert!(text(again, "/fullTitle").ends_with(" go back"), "{again:#}");
    assert!(again["fcp"].is_number() && again["lcp"] == again["fcp"] && again["ttfb"].is_null(), "{again:#}");
    assert!(number(again, "/startTime") > 0.0 && number(again, "/fcp") < 10_000.0, "{again:#}");
    assert_eq!((number(again, "/cls"), &again["interactions"]), (0.0, &json!(1)), "{again:#}");
    assert!(number(again, "/inp") >= 120.0, "{again:#}");
}

pub(crate) fn windows_that_pages_open_are_measured() {
    let run = passed(journey("opens_windows"));
    assert_eq!(marks(&run, "last"), 2);
    let pages = documents(&run, "vitals");
    assert_eq!(pages.len(), 3, "{pages:#?}");
    for rel in ["opener", "noopener"] {
        let page = vitals(&run, &format!("&{rel}"));
        let page = page.iter().find(|page| text(page, "/ended") == "closed");
        let page = page.unwrap_or_else(|| panic!("{rel}: {pages:#?}"));
        assert!(page["fcp"].is_number() && page["lcp"].is_number() && page["load"].is_number(), "{page:#}");
    }
}

pub(crate) fn views_of_a_single_page_app_are_measured() {
    let run = passed(journey("looks_at_views"));
    let pages = documents(&run, "vitals");
    assert_eq!(text(&pages[0], "/navigationType"), "navigate", "{pages:#?}");
    for (path, step) in [("/practice/spa/items", "Items"), ("/practice/spa/about", "About")] {
        let of_view = |page: &&Value| text(page, "/url").contains(path);
        let found: Vec<&Value> = pages.iter().filter(of_view).collect();
        let [view] = &found[..] else { panic!("{path}: {pages:#?}") };
        assert_eq!(text(view, "/navigationType"), "soft-navigation", "{view:#}");
        assert!(view["fcp"].is_number() && view["ttfb"].is_null() && number(view, "/startTime") > 0.0, "{view:#}");
        assert!(!text(view, "/fullTitle").is_empty(), "{step}: {view:#}");
    }
}

/// Three resources, at least, and a mark, all but the mark cleared before the page has loaded.
pub(crate) fn a_hostile_page_is_measured_and_sees_nothing_of_it() {
    for from_start in ["no", "yes"] {
        let run = passed(journey("meets_a_hostile_page").env("CANARYTRACE_TIMELINE_FROM_START", from_start));
        let page = only_vitals(&run, "/hostile");
        for vital in ["ttfb", "fcp", "lcp", "cls", "domContentLoaded", "load"] {
            assert!(page[vital].is_number(), "{vital}: {page:#}");
        }
        assert_eq!(marks(&run, "set-before"), 1);
        let of_page = |entry: &&Value| text(entry, "/documentURL").ends_with("/hostile");
        let resources = entries(&run, "resource").iter().filter(of_page).count();
        if from_start == "yes" {
            // What it cleared was told all the same.
            assert!(resources >= 3, "{run:#?}");
        } else {
            // The requests are recorded in any case.
            let requests = documents(&run, "request-log");
            let of_page = |entry: &&Value| text(entry, "/documentURL").ends_with("/hostile");
            assert!(requests.iter().filter(of_page).count() >= 4, "{requests:#?}");
        }
        let messages = documents(&run, "console");
        let of_message = |message: &&Value| text(message, "/text").contains("nothing is measured here");
        let complaints: Vec<&Value> = messages.iter().filter(of_message).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

pub(crate) fn a_page_that_may_run_nothing_is_measured() {
    let run = passed(journey("looks_at").env("PAGE_PATH", "/practice/vitals/strict"));
    let page = only_vitals(&run, "/strict");
    assert!(page["fcp"].is_number() && page["lcp"].is_number() && page["ttfb"].is_number(), "{page:#}");
    assert_eq!(text(&page, "/lcpAttribution/target"), "html>body>h1", "{page:#}");
}

pub(crate) fn a_page_of_which_nothing_is_painted_has_no_paints() {
    let run = passed(journey("looks_at"));
    let page = only_vitals(&run, "/blank");
    assert_eq!(page["painted"], false, "{page:#}");
    for vital in ["fcp", "lcp", "cls", "inp", "tbt"] {
        assert!(page[vital].is_null(), "{vital}: {page:#}");
    }
    assert!(page["ttfb"].is_number() && page["load"].is_number(), "{page:#}");
}

pub(crate) fn a_page_that_is_hidden_while_it_loads_is_measured_until_then() {
    let run = passed(journey("hides_while_it_loads"));
    let page = only_vitals(&run, "/never-ends");
    let [ttfb, fcp, lcp, hidden] = ["/ttfb", "/fcp", "/lcp", "/hiddenAt"].map(|vital| number(&page, vital));
    assert!(ttfb < fcp && fcp <= lcp && lcp < hidden, "{page:#}");
    assert!(page["load"].is_null() && page["painted"] == true, "{page:#}");
}

pub(crate) fn a_hundred_thousand_entries_are_bounded_and_counted() {
    let run = passed(journey("visits").env("PAGE_PATH", "/practice/vitals/many?marks=100000"));
    assert_eq!(marks(&run, "mark "), 10_000);
    let page = only_vitals(&run, "marks=100000");
    assert_eq!(page["entriesMissed"], 90_000, "{page:#}");
    assert!(page["fcp"].is_number(), "{page:#}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("90000 of type mark"), "{said}");
}

/// The browser keeps 250 resources for who comes later.
pub(crate) fn resources_of_a_page_that_asks_for_very_many_are_there() {
    let run = passed(journey("visits").env("PAGE_PATH", "/practice/recording/many?requests=2000"));
    let page = only_vitals(&run, "requests=2000");
    assert_eq!(page["entriesMissed"], 0, "{page:#}");
    let of_page = |entry: &&Value| text(entry, "/documentURL").ends_with("requests=2000");
    assert!(entries(&run, "resource").iter().filter(of_page).count() >= 2000);
}

pub(crate) fn a_clock_that_is_set_back_changes_no_figure() {
    let clock = Clock::new();
    let run = passed(clock.of(journey("loses_an_hour")));
    for end in ["&before", "&after"] {
        let page = only_vitals(&run, end);
        let [ttfb, fcp, lcp, load] = ["/ttfb", "/fcp", "/lcp", "/load"].map(|vital| number(&page, vital));
        assert!(ttfb > 0.0 && ttfb < fcp && fcp <= lcp && lcp < 60_000.0, "{page:#}");
        assert!(ttfb < load && load < 60_000.0, "{page:#}");
    }
    let before = only_vitals(&run, "&before");
    assert!((100.0..60_000.0).contains(&number(&before, "/inp")), "{before:#}");
}
