//! What monitors want of requests: routes and hero marks, the newest first.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::hero_mark::HeroMark;
use super::request::Request;
use super::route::Route;
use crate::config::UrlPattern;

/// How many requests that fitted none are remembered, to be told when a rule never fitted.
const NEAR: usize = 200;

/// What is done with what fits.
#[derive(Debug)]
pub(crate) enum What {
    /// A route.
    Route(Route),
    /// A mark in documents.
    HeroMark(HeroMark),
}

/// One wish of a monitor.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) pattern: UrlPattern,
    /// The window whose requests are meant, those of its frames and workers included; `None`: all windows.
    pub(crate) window: Option<String>,
    pub(crate) what: What,
    pub(crate) matched: Matched,
}

/// How often a rule was used, and what else came meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    count: watch::Sender<u32>,
    /// How many of them are taken by `times`.
    taken: AtomicU32,
    others: Mutex<Vec<String>>,
}

impl Matched {
    /// How often.
    pub(crate) fn count(&self) -> u32 {
        *self.count.borrow()
    }

    /// For waiting.
    pub(crate) fn watch(&self) -> watch::Receiver<u32> {
        self.count.subscribe()
    }

    pub(super) fn add(&self) {
        self.count.send_modify(|count| *count += 1);
    }

    /// What came and did not fit, as `GET URL`, oldest first.
    pub(crate) fn others(&self) -> Vec<String> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn other(&self, request: &Request) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let text = format!("{} {}", request.method, request.url);
        if others.len() < NEAR && !others.contains(&text) {
            others.push(text);
        }
    }
}

impl Rule {
    pub(crate) fn new(pattern: UrlPattern, window: Option<String>, what: What) -> Self {
        Self { pattern, window, what, matched: Matched::default() }
    }

    /// Whether there may still be requests that it is for.
    pub(super) fn is_open(&self) -> bool {
        match &self.what {
            What::Route(Route { times: Some(times), .. }) => self.matched.taken.load(Ordering::Relaxed) < *times,
            _ => true,
        }
    }

    /// Whether the request is one that it is for, by its URL.
    pub(super) fn fits(&self, request: &Request) -> bool {
        let fits = self.pattern.matches(&request.url);
        if !fits {
            self.matched.other(request);
        }
        fits
    }

    /// Takes one of the `times` of a route; false when none is left.
    pub(super) fn take(&self) -> bool {
        let What::Route(Route { times: Some(times), .. }) = &self.what else { return true };
        let more = |taken: u32| (taken < *times).then_some(taken + 1);
        self.matched.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// All rules of a browser.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Arc<Rule>>);

impl Rules {
    pub(super) fn add(&mut self, rule: Arc<Rule>) {
        self.0.push(rule);
    }

    pub(super) fn remove(&mut self, rule: &Arc<Rule>) {
        self.0.retain(|known| !Arc::ptr_eq(known, rule));
    }

    /// Those of a window that is closed are of no use any more.
    pub(super) fn forget_window(&mut self, window: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|rule| rule.window.as_deref() != Some(window));
        self.0.len() < before
    }

    /// Newest first.
    pub(super) fn open(&self) -> Vec<Arc<Rule>> {
        self.0.iter().rev().filter(|rule| rule.is_open()).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::route::NetError;
    use super::*;

    fn request(url: &str) -> Request {
        Request::read(&json!({ "request": { "url": url, "method": "GET" } }))
    }

    fn rule(pattern: &str, route: Route) -> Arc<Rule> {
        Arc::new(Rule::new(UrlPattern::new(pattern, None).unwrap(), None, What::Route(route)))
    }

    #[test]
    fn the_newest_rule_is_first_and_ends_with_its_times() {
        let mut rules = Rules::default();
        let (old, new) = (rule("**/a", Route::go_on()), rule("**/a", Route::fail(NetError::Aborted).times(1)));
        rules.add(old.clone());
        rules.add(new.clone());
        assert!(Arc::ptr_eq(&rules.open()[0], &new));
        assert!(new.take());
        assert!(!new.take());
        assert!(Arc::ptr_eq(&rules.open()[0], &old));
        assert!(old.take() && old.take());
        rules.remove(&old);
        assert!(rules.open().is_empty());
    }

    #[test]
    fn a_rule_that_never_fitted_knows_what_came_instead() {
        let rule = rule("**/api/cart", Route::block());
        assert!(!rule.fits(&request("http://a/api/basket")));
        assert!(!rule.fits(&request("http://a/api/basket")));
        assert!(rule.fits(&request("http://a/api/cart")));
        assert_eq!(rule.matched.others(), ["GET http://a/api/basket"]);
    }
}
