//! Routes: what becomes of the page's requests.

use std::sync::Arc;

use tokio::time::Instant;

use super::page::Page;
use crate::browser::{Interceptor, Route, Rule, What};
use crate::config::PatternText;
use crate::devtools::CdpError;
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// How many URLs are named that came instead.
const NAMED: usize = 5;

/// A rule that holds until [`unroute`](Self::unroute) or the end of its window. Dropping this changes nothing.
#[derive(Clone, Debug)]
pub struct Routed {
    page: Page,
    rule: Option<Arc<Rule>>,
}

impl Page {
    /// Says what becomes of requests whose URL fits a pattern, in this window, its frames and its workers.
    ///
    /// Patterns are globs (`**/api/cart`, `/api/*`; see [`PatternText`]), [`regex`](super::regex) or
    /// [`all`](super::all). Of several routes that a request fits the newest one holds. Requests that the browser answers
    /// from its memory, and those that a service worker answers, are none.
    ///
    /// ```no_run
    /// # use canarytrace::prelude::*;
    /// # async fn example(page: &Page) -> Result {
    /// let mock = page.route("/api/products*", Route::fulfil(Reply::text("sold out").status(503))).await?;
    /// page.goto("/").await?;
    /// mock.expect_matched().await?;
    /// mock.unroute().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the pattern is none, or the route can't be meant.
    pub async fn route(&self, pattern: impl Into<PatternText>, route: Route) -> Result<Routed> {
        self.add_route(pattern.into(), route, Some(self.window.id().to_owned())).await
    }

    /// Says what becomes of requests whose URL fits a pattern in all windows of this browser, also in those that are
    /// opened later, and in service workers. Everything else is as with [`route`](Self::route).
    ///
    /// # Errors
    /// Those of [`route`](Self::route).
    pub async fn route_in_all_windows(&self, pattern: impl Into<PatternText>, route: Route) -> Result<Routed> {
        self.add_route(pattern.into(), route, None).await
    }

    async fn add_route(&self, pattern: PatternText, route: Route, window: Option<String>) -> Result<Routed> {
        let what = format!("route {pattern}");
        route.check().map_err(|failure| failure.context(format_args!("could not {what}")))?;
        self.add_rule(&what, pattern, What::Route(route), window).await
    }

    pub(super) async fn add_rule(
        &self,
        doing: &str,
        pattern: PatternText,
        what: What,
        window: Option<String>,
    ) -> Result<Routed> {
        self.ready(doing).await?;
        let pattern = Interceptor::pattern(pattern, self.shared.base_url.as_ref())
            .map_err(|failure| failure.context(format_args!("could not {doing}")))?;
        let rule = Arc::new(Rule::new(pattern, window, what));
        let adding = self.shared.interceptor.add(rule.clone());
        self.intercepting(doing, adding).await?;
        Ok(Routed { page: self.clone(), rule: Some(rule) })
    }

    async fn intercepting(
        &self,
        doing: &str,
        calling: impl Future<Output = std::result::Result<(), CdpError>>,
    ) -> Result {
        tokio::select! {
            failure = self.dead() => Err(failure.context(format_args!("could not {doing}"))),
            reply = calling => reply.map_err(|error| {
                Failure::new(FailureKind::BrowserCrash, format!("could not {doing}: {error}"))
            }),
        }
    }
}

impl Routed {
    /// A rule that was switched off by an option.
    pub(super) fn off(page: &Page) -> Self {
        Self { page: page.clone(), rule: None }
    }

    /// How many requests it was used for so far; of a hero mark, how often it was set.
    pub fn count(&self) -> u32 {
        self.rule.as_ref().map_or(0, |rule| rule.matched.count())
    }

    /// Waits until it was used at least once. A hero mark that is switched off holds.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it never was within `WAIT_FOR_TIMEOUT`, with what came instead.
    pub async fn expect_matched(&self) -> Result {
        let Some(rule) = &self.rule else { return Ok(()) };
        let limit = self.page.wait_for_timeout();
        let deadline = Instant::now() + limit;
        let mut count = rule.matched.watch();
        tokio::select! {
            biased;
            _ = count.wait_for(|count| *count > 0) => Ok(()),
            failure = self.page.dead() => Err(failure.context(format_args!("could not wait for {}", rule.pattern))),
            () = tokio::time::sleep_until(deadline) => {
                let what = match &rule.what {
                    What::Route(_) => format!("a request to fit the route {}", rule.pattern),
                    What::HeroMark(mark) => format!("the hero mark {} to be set in {}", mark.name(), rule.pattern),
                };
                let others = nearest(&rule.pattern.to_string(), &rule.matched.others());
                let text = format!("expected {what}, but none was; waited {limit:?} (WAIT_FOR_TIMEOUT){others}");
                Err(Failure::new(FailureKind::Assertion, text))
            }
        }
    }

    /// Takes the rule back. Requests that wait because of it may go on at once.
    pub async fn unroute(&self) -> Result {
        let Some(rule) = &self.rule else { return Ok(()) };
        let doing = format!("take back the route {}", rule.pattern);
        self.page.intercepting(&doing, self.page.shared.interceptor.remove(rule)).await
    }
}

/// What came instead of what was waited for, those first that look most alike.
pub(super) fn nearest(wanted: &str, came: &[String]) -> String {
    if came.is_empty() {
        return "; no other request was seen".to_owned();
    }
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1).map(str::to_lowercase);
        words.collect::<std::collections::HashSet<_>>()
    };
    let wanted = words(wanted);
    let mut came: Vec<&String> = came.iter().collect();
    came.sort_by_key(|other| std::cmp::Reverse(words(other).intersection(&wanted).count()));
    let more = came.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<&str> = came.into_iter().take(NAMED).map(String::as_str).collect();
    format!("; instead came {}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_instead_is_named_with_the_most_alike_first() {
        assert_eq!(nearest("\"**/api/cart\"", &[]), "; no other request was seen");
        let came = ["GET http://a/style.css", "GET http://a/api/basket"].map(str::to_owned);
        let told = "; instead came GET http://a/api/basket, GET http://a/style.css";
        assert_eq!(nearest("\"**/api/cart\"", &came), told);
        let many: Vec<String> = (0..7).map(|number| format!("GET http://a/{number}")).collect();
        assert!(nearest("x", &many).ends_with(" and 2 more"));
    }
}
