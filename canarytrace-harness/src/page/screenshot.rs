//! Pictures of the page.

use base64::Engine as _;
use serde_json::{Value, json};

use super::page::Page;
use crate::record::Failure;

type Result<T = ()> = std::result::Result<T, Failure>;

impl Page {
    /// PNG of what the window shows (`Page.captureScreenshot`).
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        self.capture(json!({ "format": "png", "optimizeForSpeed": true })).await
    }

    /// PNG of a rectangle of what the window shows, in CSS pixels from its upper left corner. A picture has more pixels
    /// where the device has more than one of them to a CSS pixel.
    pub async fn screenshot_of(&self, x: f64, y: f64, width: f64, height: f64) -> Result<Vec<u8>> {
        // The protocol counts from the corner of the document.
        let script = "return [visualViewport.pageLeft, visualViewport.pageTop]";
        let (left, top): (f64, f64) = self.read("take a screenshot", script, &[]).await?;
        let clip = json!({ "x": x + left, "y": y + top, "width": width, "height": height, "scale": 1 });
        self.capture(json!({ "format": "png", "optimizeForSpeed": true, "clip": clip })).await
    }

    async fn capture(&self, params: Value) -> Result<Vec<u8>> {
        let what = "take a screenshot";
        let reply = self.cdp(what, "Page.captureScreenshot", params).await?;
        let data = reply["data"].as_str().unwrap_or_default();
        base64::engine::general_purpose::STANDARD
            .decode(data)
            .map_err(|error| Failure::harness(format!("could not {what}: {error}")))
    }
}
