//! Pages that get in the way of the journey.

use canarytrace_tests::servers::PracticeSite;

use super::{failed, fixture, smoke};

/// Chromium refuses `window.close()` in a window that no script opened, unless it is told otherwise.
const MAY_CLOSE: (&str, &str) = ("CANARYTRACE_BROWSER_ARGS", "--blink-settings=allowScriptsToCloseWindows=true");

#[test]
fn an_alert_on_load_is_told_with_its_text() {
    let site = PracticeSite::start();
    let url = site.url("/faults/alert");
    let message = failed(&smoke(&url).run(), 101, "assertion", "application");
    assert_eq!(
        message,
        format!(
            "could not open {url}: the page opened a dialog (alert) that says \"Practice alert\"; it was dismissed; \
             wait_for_dialog or answer_dialogs says what to do with it"
        )
    );
}

#[test]
fn a_page_that_closes_itself_on_load_is_told() {
    let site = PracticeSite::start();
    let url = site.url("/faults/closes-itself");
    let run = smoke(&url).env(MAY_CLOSE.0, MAY_CLOSE.1).run();
    let message = failed(&run, 101, "navigation", "application");
    // The window may be closed before or after the driver has answered that the page is loaded.
    let ways = [format!("open {url}"), "read the title".to_owned()]
        .map(|what| format!("could not {what}: the page closed its own window, the last one"));
    assert!(ways.contains(&message), "{message}");
}

#[test]
fn a_page_that_may_not_close_itself_stays_open() {
    let site = PracticeSite::start();
    let run = smoke(&site.url("/faults/closes-itself")).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.assert_complete();
    run.assert_nothing_left();
}

#[test]
fn a_window_that_closes_while_it_is_looked_at_is_told() {
    let run = fixture().monitor("looks_on_as_its_window_closes").env(MAY_CLOSE.0, MAY_CLOSE.1).run();
    let message = failed(&run, 101, "navigation", "application");
    assert_eq!(message, "could not read the title: the page closed its own window, the last one");
}

#[test]
fn a_window_that_closes_while_it_is_clicked_in_is_told() {
    let run = fixture().monitor("clicks_as_its_window_closes").env(MAY_CLOSE.0, MAY_CLOSE.1).run();
    let message = failed(&run, 101, "navigation", "application");
    assert_eq!(
        message,
        "css \"#no-such-element\": could not look for it: the page closed its own window, the last one"
    );
}
