//! The monitor that visits the calibration pages, each in a step.

use canarytrace::prelude::*;
use canarytrace::run::{MonitorDef, run_monitor};
use canarytrace::site::CALIBRATION_PAGES;
use serde_json::Value;

use crate::own_monitors;

/// It has a browser, and nothing else runs in its process.
pub(crate) const MONITOR: MonitorDef = own_monitors::monitor(
    module_path!(),
    "calibration_pages",
    "What has to be measured on these pages is known.",
    |given| run_monitor(given, visit),
);

async fn visit(browser: &mut Browser) -> Result {
    for calibration in CALIBRATION_PAGES {
        browser
            .step(calibration.title, async |page| {
                page.goto(&calibration.path()).await?;
                if calibration.slug == "interaction" {
                    page.find(test_id("block")).click().await?;
                }
                let _: Value = page.evaluate("return window.calibrated", vec![]).await?;
                Ok(())
            })
            .await?;
    }
    Ok(())
}
