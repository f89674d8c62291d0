//! What a failure says: what was looked for, how long, how many there were, what was in the way, and what comes near.

use canarytrace::prelude::*;
use canarytrace::record::Fault;

use crate::support::{SOON, failed};

/// Whoever reads a failure knows what to do.
#[monitor(tags = ["failures"])]
async fn failures_say_what_to_do(browser: &mut Browser) -> Result {
    browser.goto("/practice/similar").await?;
    browser
        .step("a name that is nearly right gets suggestions", async |page| {
            let click = async |locator: Locator| page.find(locator).timeout(SOON).click().await;
            let missing = ["could not click", "waited 300ms (its own timeout)", "no element matched", "similar: "];
            for (locator, says) in [
                (role(Role::Button, "Pay noww"), ["role button \"Pay noww\"", "button \"Pay now\""]),
                (text("Pay latter"), ["text \"Pay latter\"", "data-test=\"pay-later\""]),
                (test_id("pay-nwo"), ["test id \"pay-nwo\"", "data-test=\"pay-now\""]),
                (css("button[data-test=pay-crad]"), ["css \"button[data-test=pay-crad]\"", "data-test=\"pay-card\""]),
            ] {
                let failure = click(locator).await;
                failed(failure.clone(), FailureKind::Locator, &missing);
                failed(failure, FailureKind::Locator, &says);
            }
            Ok(())
        })
        .await?;
    browser
        .step("a selector that is none fails at once, as the monitor's own mistake", async |page| {
            for (locator, says) in [
                (css("b["), "css \"b[\""),
                (xpath("//["), "xpath \"//[\""),
                (text(regex("(")), "/(/"),
                (css("li").filter(has(css("::"))), "css \"::\""),
            ] {
                let failure = page.find(locator).click().await.unwrap_err();
                assert_eq!(failure.fault, Fault::Harness, "{failure}");
                failed(Err::<(), _>(failure), FailureKind::Locator, &[says]);
            }
            let failure = page.expect(css("b[")).to_be_visible().await.unwrap_err();
            assert_eq!(failure.fault, Fault::Harness, "{failure}");
            Ok(())
        })
        .await?;
    browser
        .step("a locator that finds no element but a text says so", async |page| {
            failed(page.find(xpath("//tr/th/text()")).click().await, FailureKind::Locator, &["#text"]);
            Ok(())
        })
        .await?;
    browser
        .step("what is hidden is told, and how", async |page| {
            page.goto("/practice/covered").await?;
            for (id, why) in [
                ("display-none", "is hidden (display: none)"),
                ("visibility-hidden", "is hidden (visibility: hidden)"),
                ("no-size", "is hidden (its size is 0 x 0)"),
                ("close-banner", "is hidden (display: none of <div id=\"cookie-banner\""),
                ("outside", "is outside of the window and can't be scrolled into it"),
            ] {
                failed(page.find(test_id(id)).timeout(SOON).click().await, FailureKind::Locator, &[id, why]);
            }
            Ok(())
        })
        .await?;
    browser
        .step("what is disabled or read-only is told, and by what", async |page| {
            page.goto("/practice/inputs").await?;
            for (id, why) in [
                ("disabled", "is disabled"),
                ("readonly", "can't be edited (it is no input, or read-only)"),
                ("in-fieldset", "is disabled by <fieldset>"),
            ] {
                failed(
                    page.find(test_id(id)).timeout(SOON).fill("x").await,
                    FailureKind::Locator,
                    &["could not fill", why],
                );
            }
            failed(
                page.find(test_id("aria-disabled")).timeout(SOON).click().await,
                FailureKind::Locator,
                &["is aria-disabled"],
            );
            page.expect(test_id("aria-disabled-clicks")).to_be("0").await
        })
        .await?;
    browser
        .step("an action that an element can't take fails at once", async |page| {
            failed(page.find(test_id("email")).check().await, FailureKind::Locator, &["can't be checked"]);
            failed(page.find(test_id("email")).select("x").await, FailureKind::Locator, &["is no select"]);
            failed(page.find(test_id("number")).fill("seven").await, FailureKind::Locator, &["\"seven\" is no number"]);
            failed(page.find(test_id("email")).press("Entr").await, FailureKind::Assertion, &["\"Entr\" is no key"]);
            failed(
                page.find(test_id("email")).upload_bytes("a.txt", "text/plain", b"a").await,
                FailureKind::Locator,
                &["is no input of type file"],
            );
            failed(page.expect(test_id("email")).to_be_checked().await, FailureKind::Locator, &["can be checked"]);
            failed(page.frame(test_id("email")).find(css("a")).click().await, FailureKind::Locator, &["is no frame"]);
            Ok(())
        })
        .await?;
    browser
        .step("an expectation says what was there instead", async |page| {
            page.find(test_id("email")).fill("ada@example.com").await?;
            let expect = |id: &str| page.expect(test_id(id)).timeout(SOON);
            for (failure, says) in [
                (expect("email").to_have_value("bob").await, "its value is \"ada@example.com\""),
                (expect("sent").to_be("all sent").await, "says \"nothing sent\""),
                (expect("sent").not().to_contain("nothing").await, "says \"nothing sent\""),
                (expect("sent").to_be_hidden().await, "it is visible"),
                (expect("submit").to_be_disabled().await, "it is enabled"),
                (expect("disabled").to_be_enabled().await, "it is disabled"),
                (expect("readonly").to_be_editable().await, "it is read-only"),
                (expect("first-name").to_be_focused().await, "the focus is on <input id=\"email\""),
                (expect("email").to_have_attribute("type", "text").await, "its type is \"email\""),
                (expect("email").to_have_attribute("size", "1").await, "it has no attribute size"),
                (expect("email").to_have_count(2).await, "1 matched"),
                (expect("emial").to_be_visible().await, "no element matched"),
                (page.expect(title()).timeout(SOON).to_be("Outputs").await, "it was \"Inputs"),
                (page.expect(url()).timeout(SOON).to_match("/outputs$").await, "/practice/inputs\""),
            ] {
                failed(failure, FailureKind::Assertion, &["expected ", says, "waited 300ms (its own timeout)"]);
            }
            failed(
                expect("emial").to_be_visible().await,
                FailureKind::Assertion,
                &["similar: ", "data-test=\"email\""],
            );
            page.find(test_id("password")).fill("hush-hush").await?;
            let failure = expect("password").to_have_value("x").await.unwrap_err();
            assert!(!failure.message.contains("hush"), "{failure}");
            Ok(())
        })
        .await
}
