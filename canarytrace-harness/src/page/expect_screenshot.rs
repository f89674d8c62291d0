//! `to_match_screenshot`: a region of the page looks as it did when its screenshot was taken.

use std::path::PathBuf;

use super::element::{Element, Patience, Result};
use super::expect::{Expect, Subject};
use super::picture::{Picture, Tolerance};
use crate::record::{Failure, FailureKind};

impl Expect {
    /// The element looks as in the screenshot `name` (`<CANARYTRACE_SCREENSHOTS>/name.png`), which
    /// `CANARYTRACE_UPDATE_SCREENSHOTS=yes` takes. Of an element that is larger than the window, what is in the window
    /// counts.
    ///
    /// Fonts and graphics differ between machines: compare on the kind of machine that took the screenshot.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] with how much differs; the picture and the difference in red are kept with the step's
    /// attachments. [`FailureKind::Harness`] when there is no screenshot to compare with.
    pub async fn to_match_screenshot(self, name: &str) -> Result {
        self.to_match_screenshot_within(name, Tolerance::default()).await
    }

    /// Like [`to_match_screenshot`](Self::to_match_screenshot), with a tolerance of its own:
    /// `Tolerance::pixels(0.01)` lets one pixel of a hundred differ.
    pub async fn to_match_screenshot_within(self, name: &str, tolerance: Tolerance) -> Result {
        let result = self.look_like(name, tolerance).await;
        self.settle(result)
    }

    async fn look_like(&self, name: &str, tolerance: Tolerance) -> Result {
        let Subject::Element(locator) = &self.subject else {
            return Err(Failure::harness(format!("{} has no looks: expect an element", self.subject_in_words())));
        };
        let element = Element::new(self.page.clone(), locator.clone());
        let patience = Patience::new(&self.page, self.timeout);
        let path = self.path(name)?;
        if self.page.config().update_screenshots {
            return self.update(&element, &path).await;
        }
        let wanted = match std::fs::read(&path) {
            Ok(bytes) => Picture::from_png(&bytes)
                .map_err(|error| Failure::harness(format!("{} is no PNG: {error}", path.display())))?,
            Err(error) => {
                return Err(Failure::harness(format!(
                    "there is no screenshot to compare {locator} with: {}: {error}; CANARYTRACE_UPDATE_SCREENSHOTS=yes \
                     takes it",
                    path.display()
                )));
            }
        };
        loop {
            let png = element.screenshot().await?;
            let is = Picture::from_png(&png)
                .map_err(|error| Failure::harness(format!("the browser's screenshot can't be read: {error}")))?;
            let comparison = is.compare(&wanted, tolerance);
            if comparison.is_within(tolerance) != self.negated {
                return Ok(());
            }
            if !patience.again().await {
                self.page.exhibit(png);
                if let Some(difference) = is.difference(&wanted, tolerance) {
                    self.page.exhibit(difference.to_png());
                }
                let not = if self.negated { "not " } else { "" };
                return Err(Failure::new(
                    FailureKind::Assertion,
                    format!(
                        "expected {locator} {not}to look like {}, but {}; {}",
                        path.display(),
                        comparison.in_words(),
                        patience.waited()
                    ),
                ));
            }
        }
    }

    /// Takes the screenshot once the element has stopped to change.
    async fn update(&self, element: &Element, path: &PathBuf) -> Result {
        let patience = Patience::new(&self.page, self.timeout);
        let mut last = element.screenshot().await?;
        while patience.again().await {
            let png = element.screenshot().await?;
            if png == last {
                break;
            }
            last = png;
        }
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, &last));
        written.map_err(|error| Failure::harness(format!("the screenshot {} was not written: {error}", path.display())))
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let is_plain = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
                && part != ".."
        };
        if !name.split('/').all(is_plain) {
            return Err(Failure::harness(format!(
                "\"{name}\" is no name for a screenshot: letters, digits, -, _ and . are, and / for folders"
            )));
        }
        Ok(self.page.config().screenshots.join(format!("{name}.png")))
    }
}

impl Element {
    /// PNG of the element, scrolled into view, as far as it is in the window then.
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        self.scroll_into_view().await?;
        let rect = self.bounding_box().await?;
        let deadline = self.patience().deadline;
        let corner = super::engine::Point { x: rect.x, y: rect.y };
        let corner = match self.page.point_in_window(self.locator.frames(), corner, false, deadline).await? {
            Ok(corner) => corner,
            Err(obstacle) => return Err(self.failure("take a screenshot of", &self.patience(), &obstacle).await),
        };
        let window: (f64, f64) = self.page.evaluate("return [innerWidth, innerHeight]", vec![]).await?;
        let left = corner.x.max(0.0).floor();
        let top = corner.y.max(0.0).floor();
        let right = (corner.x + rect.width).min(window.0).ceil();
        let bottom = (corner.y + rect.height).min(window.1).ceil();
        if right <= left || bottom <= top {
            return Err(self.failure("take a screenshot of", &self.patience(), "it is outside of the window").await);
        }
        self.page.screenshot_of(left, top, right - left, bottom - top).await
    }
}
