//! The journey as monitors: four, so that there are gaps between them.

use canarytrace::prelude::*;

/// The monitor that is measured beside the [direct](super::direct) journey.
pub(crate) const FIRST: &str = "journey::first";

#[monitor]
async fn first(browser: &mut Browser) -> Result {
    find_a_lamp(browser).await
}

#[monitor]
async fn second(browser: &mut Browser) -> Result {
    find_a_lamp(browser).await
}

#[monitor]
async fn third(browser: &mut Browser) -> Result {
    find_a_lamp(browser).await
}

#[monitor]
async fn fourth(browser: &mut Browser) -> Result {
    find_a_lamp(browser).await
}

/// The first act of the first step is a navigation: the end of the gap is read from that step's beginning.
async fn find_a_lamp(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            page.expect(title()).to_be("Practice shop").await
        })
        .await?;
    browser
        .step("search for a lamp", async |page| {
            page.find(css!("[data-test=search-input]")).fill("lamp").await?;
            page.find(css!("[data-test=search-button]")).click().await?;
            page.expect(url()).to_contain("/search?q=lamp").await?;
            page.expect(css!("[data-test=product-lamp]")).to_be_visible().await
        })
        .await?;
    browser
        .step("open the lamp", async |page| {
            page.find(css!("[data-test=product-link-lamp]")).click().await?;
            page.expect(css!("[data-test=product-name]")).to_contain("amp").await?;
            page.expect(css!("[data-test=product-price]")).to_contain("€").await
        })
        .await
}
