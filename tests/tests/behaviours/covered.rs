//! What lies under something else, or out of sight.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

/// A click reaches its element, or does not happen.
#[monitor(tags = ["waiting"])]
async fn what_is_covered_is_not_clicked(browser: &mut Browser) -> Result {
    browser
        .step("a click waits until the cover is gone", async |page| {
            page.goto("/practice/covered?for=800").await?;
            page.find(test_id("under-overlay")).click().await?;
            page.expect(test_id("under-overlay-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("a cover that stays is named", async |page| {
            let failure = page.find(test_id("under-wall")).timeout(SOON).click().await;
            failed(
                failure,
                FailureKind::Locator,
                &["test id \"under-wall\"", "waited 300ms", "is covered by <div id=\"wall\" class=\"wall\""],
            );
            page.expect(test_id("under-wall-clicks")).to_be("0").await
        })
        .await?;
    browser
        .step("a cover that lets clicks through is none", async |page| {
            page.find(test_id("under-glass")).click().await?;
            page.expect(test_id("under-glass-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("a cover that comes with another click is waited for", async |page| {
            page.find(test_id("load")).click().await?;
            page.find(test_id("load-neighbour")).click().await?;
            page.expect(test_id("neighbour-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("what is half covered is clicked at a place that is free", async |page| {
            let half = page.find(test_id("half-covered"));
            failed(
                half.clone().timeout(SOON).click().await,
                FailureKind::Locator,
                &["is covered by <div data-test=\"half-cover\">"],
            );
            half.click_with(Click::new().at(20.0, 15.0)).await?;
            page.expect(test_id("half-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("a click waits until the element is enabled", async |page| {
            page.goto("/practice/covered?after=600").await?;
            page.find(test_id("disabled-until")).click().await?;
            page.expect(test_id("disabled-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("what is out of sight is scrolled to, in boxes and under a sticky header too", async |page| {
            for (id, clicks) in
                [("in-box", "in-box-clicks"), ("below-sticky", "sticky-clicks"), ("far-down", "far-down-clicks")]
            {
                page.find(test_id(id)).click().await?;
                page.expect(test_id(clicks)).to_be("1").await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("what is transparent can be clicked", async |page| {
            page.find(test_id("opacity-none")).click().await?;
            page.expect(test_id("opacity-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("what a banner covers is scrolled to where it is free", async |page| {
            page.goto("/practice/covered?banner=1").await?;
            page.find(test_id("opacity-none")).click().await?;
            page.expect(test_id("opacity-clicks")).to_be("1").await?;
            page.find(role(Role::Button, "Accept cookies")).click().await?;
            page.expect(role(Role::Dialog, "Cookies")).to_be_hidden().await
        })
        .await
}
