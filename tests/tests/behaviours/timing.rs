//! What comes, goes, changes and moves in its own time.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

/// What comes late is waited for, and nothing else has to be said.
#[monitor(tags = ["waiting"])]
async fn what_comes_late_is_waited_for(browser: &mut Browser) -> Result {
    browser
        .step("a click waits until the element is there", async |page| {
            page.goto("/practice/appear?after=600").await?;
            page.find(test_id("appears")).click().await?;
            page.expect(test_id("appears-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("a click waits until the element is shown", async |page| {
            page.goto("/practice/appear?after=600").await?;
            page.find(test_id("shown")).click().await?;
            page.expect(test_id("shown-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("what is there, shown, hidden or gone can be waited for", async |page| {
            page.goto("/practice/appear?after=600").await?;
            page.find(test_id("shown")).wait_for(State::Attached).await?;
            page.find(test_id("disappears")).wait_for(State::Detached).await?;
            page.find(test_id("hides")).wait_for(State::Hidden).await?;
            page.find(test_id("appears")).wait_for(State::Visible).await?;
            failed(
                page.find(test_id("shown")).timeout(SOON).wait_for(State::Detached).await,
                FailureKind::Locator,
                &["could not wait until detached", "waited 300ms", "it is visible"],
            );
            Ok(())
        })
        .await?;
    browser
        .step("an expectation waits until text, attribute, value and count are right", async |page| {
            page.goto("/practice/appear?after=600").await?;
            page.expect(test_id("changes")).to_be("after").await?;
            page.expect(test_id("changes")).to_have_attribute("title", "Changed").await?;
            page.expect(test_id("changing-value")).to_have_value("after").await?;
            page.expect(test_id("disappears")).to_have_count(0).await?;
            page.expect(test_id("hides")).to_be_hidden().await?;
            page.expect(test_id("counter")).to_be("10").await?;
            page.expect(test_id("grown")).to_have_count(5).await
        })
        .await?;
    browser
        .step("a negated expectation waits until it is no more", async |page| {
            page.goto("/practice/appear?after=600").await?;
            page.expect(test_id("changes")).not().to_be("before").await?;
            page.expect(test_id("hides")).not().to_be_visible().await?;
            page.expect(test_id("disappears")).not().to_be_visible().await?;
            page.expect(test_id("ready")).not().to_contain("not").await
        })
        .await?;
    browser
        .step("title, URL and whatever a script says are waited for", async |page| {
            page.goto("/practice/appear?after=600").await?;
            page.find(test_id("retitle")).click().await?;
            page.expect(title()).to_be("Another title").await?;
            page.wait_for_url("#ready").await?;
            let is_ready: bool = page.wait_for_function("return window.practiceReady", vec![]).await?;
            assert!(is_ready);
            page.expect(url()).to_match("/practice/appear.*#ready$").await
        })
        .await?;
    browser
        .step("a message that is there for a moment is seen, and that it goes", async |page| {
            page.goto("/practice/appear?for=2500").await?;
            page.find(test_id("show-toast")).click().await?;
            page.expect(role(Role::Status, any()).filter(has_text("Saved"))).to_be_visible().await?;
            page.expect(test_id("toast")).to_be_hidden().await
        })
        .await
}

/// What moves is clicked when it stands.
#[monitor(tags = ["waiting"])]
async fn what_moves_is_clicked_when_it_stands(browser: &mut Browser) -> Result {
    browser
        .step("a click waits until the element stands still", async |page| {
            page.goto("/practice/moving?for=800").await?;
            page.find(test_id("stops")).click().await?;
            page.expect(test_id("stops-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("an element that sets off after another click is waited for", async |page| {
            page.find(test_id("set-off")).click().await?;
            page.find(test_id("traveller")).click().await?;
            page.expect(test_id("traveller-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("an element that never stands still fails, and says so", async |page| {
            let failure = page.find(test_id("forever")).timeout(SOON).click().await;
            failed(failure, FailureKind::Locator, &["data-test=\"forever\"", "is moving", "waited 300ms"]);
            page.expect(test_id("forever-clicks")).to_be("0").await
        })
        .await?;
    browser
        .step("an animation of colours alone is no movement", async |page| {
            page.find(test_id("pulses")).click().await?;
            page.expect(test_id("pulses-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("an element that fades in is clicked", async |page| {
            page.goto("/practice/moving?for=600").await?;
            page.find(test_id("fades")).click().await?;
            page.expect(test_id("fades-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("an element that a panel pushes down is clicked where it comes to rest", async |page| {
            page.find(test_id("unfold")).click().await?;
            page.find(test_id("below-panel")).click().await?;
            page.expect(test_id("below-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("an element that flees from the mouse once is clicked where it went", async |page| {
            page.find(test_id("shy")).click().await?;
            page.expect(test_id("shy-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("a click that slipped off its element is made again", async |page| {
            page.find(test_id("slips")).click().await?;
            page.expect(test_id("slips-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("an element that grows under the mouse is clicked", async |page| {
            page.find(test_id("grows")).click().await?;
            page.expect(test_id("grows-clicks")).to_be("1").await
        })
        .await?;
    browser
        .step("an element that a late banner pushes away is clicked once, and nothing else", async |page| {
            page.goto("/practice/moving?after=200").await?;
            page.find(test_id("pushed")).click().await?;
            page.expect(test_id("shift-banner")).to_be_visible().await?;
            page.find(test_id("pushed")).click().await?;
            page.expect(test_id("pushed-clicks")).to_be("2").await
        })
        .await
}
