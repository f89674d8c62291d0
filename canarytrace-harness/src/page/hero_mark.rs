//! Hero marks in the page's documents.

use super::page::Page;
use super::route::Routed;
use crate::browser::{HeroMark, What};
use crate::config::PatternText;
use crate::record::Failure;

impl Page {
    /// Sets a mark (`performance.mark`) in every document of this window, frames included, whose URL fits: where what
    /// matters to its users stands in the HTML. When the browser comes there, it notes the time.
    ///
    /// The page's content security policy lets this one script run: by its own nonce, or by the script's hash. Documents
    /// that fit come as a whole, no longer piece by piece. A mark whose text is not found is a warning in the log; `count`
    /// and `expect_matched` of what this returns tell whether it was set. With `HERO_ELEMENTS=no` nothing is set.
    ///
    /// ```no_run
    /// # use canarytrace::prelude::*;
    /// # async fn example(page: &Page) -> Result {
    /// page.hero_mark("/products/*", HeroMark::after("HE-price", "data-test=\"product-price\">")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) when the pattern is none, or the mark has no such
    /// name or text.
    pub async fn hero_mark(&self, pattern: impl Into<PatternText>, mark: HeroMark) -> Result<Routed, Failure> {
        mark.check()?;
        if !self.config().hero_elements {
            return Ok(Routed::off(self));
        }
        let doing = format!("set the hero mark {}", mark.name());
        let window = Some(self.window.id().to_owned());
        self.add_rule(&doing, pattern.into(), What::HeroMark(mark), window).await
    }
}
