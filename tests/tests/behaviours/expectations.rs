//! What is expected of elements and pages, and what they are asked without waiting.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

/// Each expectation holds when it should, and its contrary when it should not.
#[monitor(tags = ["expectations"])]
async fn expectations_hold(browser: &mut Browser) -> Result {
    browser.goto("/practice/locators").await?;
    browser
        .step("texts are compared whole, in part or by an expression, as they are shown", async |page| {
            page.expect(test_id("text-case")).to_be("Mixed CASE Text").await?;
            page.expect(test_id("text-case")).not().to_be("mixed case text").await?;
            page.expect(test_id("text-nbsp")).to_be("With hard spaces").await?;
            page.expect(test_id("by-spaces")).to_be(" By several\n spaces").await?;
            page.expect(test_id("text-lines")).to_be("One Two").await?;
            page.expect(test_id("text-transformed")).to_be("SHOWN IN CAPITALS").await?;
            page.expect(test_id("text-hidden-part")).to_be("Seen").await?;
            page.expect(test_id("text-umlaut")).to_contain("žluťoučký").await?;
            page.expect(test_id("text-umlaut")).not().to_contain("Grusse").await?;
            page.expect(test_id("text-umlaut")).to_match(r"^Gr\p{L}{3}, .* \p{Emoji}$").await?;
            page.expect(test_id("text-regex")).not().to_match(r"^\d").await?;
            page.expect(test_id("text-regex")).not_to_be_empty().await?;
            page.expect(test_id("svg-circle")).to_be_empty().await
        })
        .await?;
    browser
        .step("attributes and counts are compared", async |page| {
            page.expect(test_id("toggle")).to_have_attribute("aria-pressed", "false").await?;
            page.find(test_id("toggle")).click().await?;
            page.expect(test_id("toggle")).to_have_attribute("aria-pressed", "true").await?;
            page.expect(test_id("toggle")).not().to_have_attribute("aria-pressed", "false").await?;
            page.expect(test_id("alt-none")).to_have_attribute("alt", "").await?;
            page.expect(css("li").within(test_id("plain-list"))).to_have_count(2).await?;
            page.expect(css("li").within(test_id("plain-list"))).not().to_have_count(3).await?;
            page.expect(css(".nothing")).to_have_count(0).await
        })
        .await?;
    browser
        .step("states are expected, and their contraries", async |page| {
            page.goto("/practice/inputs").await?;
            page.expect(test_id("email")).to_be_visible().await?;
            page.expect(test_id("email")).not().to_be_hidden().await?;
            page.expect(test_id("email")).to_be_enabled().await?;
            page.expect(test_id("email")).not().to_be_disabled().await?;
            page.expect(test_id("email")).to_be_editable().await?;
            page.expect(test_id("readonly")).not().to_be_editable().await?;
            page.expect(test_id("readonly")).to_be_enabled().await?;
            for disabled in ["disabled", "in-fieldset", "fieldset-button", "aria-disabled"] {
                page.expect(test_id(disabled)).to_be_disabled().await?;
                page.expect(test_id(disabled)).not().to_be_enabled().await?;
            }
            page.expect(test_id("email")).not().to_be_focused().await?;
            page.find(test_id("email")).focus().await?;
            page.expect(test_id("email")).to_be_focused().await?;
            page.expect(test_id("readonly")).to_have_value("fixed").await?;
            page.expect(test_id("readonly")).not().to_have_value("free").await?;
            page.expect(title()).to_contain("Inputs").await?;
            page.expect(url()).not().to_contain("outputs").await
        })
        .await?;
    browser
        .step("an element that is missing is hidden, and has no other state", async |page| {
            let missing = css("#missing");
            page.expect(&missing).to_be_hidden().await?;
            page.expect(&missing).not().to_be_visible().await?;
            page.expect(&missing).to_have_count(0).await?;
            for failure in [
                page.expect(&missing).timeout(SOON).not().to_be_checked().await,
                page.expect(&missing).timeout(SOON).not().to_be("text").await,
                page.expect(&missing).timeout(SOON).to_be_disabled().await,
            ] {
                failed(failure, FailureKind::Assertion, &["css \"#missing\"", "no element matched"]);
            }
            Ok(())
        })
        .await?;
    browser
        .step("an element is looked at without waiting", async |page| {
            let (email, missing) = (page.find(test_id("email")), page.find(css("#missing")));
            assert!(email.is_visible().await? && email.is_enabled().await? && email.is_editable().await?);
            assert!(!page.find(test_id("readonly")).is_editable().await?);
            assert!(!page.find(test_id("in-fieldset")).is_enabled().await?);
            assert!(!missing.is_visible().await?);
            assert_eq!((email.count().await?, missing.count().await?), (1, 0));
            failed(missing.is_enabled().await, FailureKind::Locator, &["css \"#missing\"", "no element matched"]);
            assert_eq!(email.attribute("type").await?.as_deref(), Some("email"));
            assert_eq!(email.attribute("size").await?, None);
            failed(page.find(test_id("form")).value().await, FailureKind::Locator, &["test id \"form\" has no value"]);
            Ok(())
        })
        .await?;
    browser
        .step("a script is run on an element, and on the page", async |page| {
            let name: String =
                page.find(test_id("email")).evaluate("return arguments[0].type + arguments[1]", vec![1.into()]).await?;
            assert_eq!(name, "email1");
            let sum: u32 = page.evaluate("return Promise.resolve(arguments[0] + 2)", vec![40.into()]).await?;
            assert_eq!(sum, 42);
            failed(
                page.evaluate::<()>("throw new Error('on purpose')", vec![]).await,
                FailureKind::Assertion,
                &["Error: on purpose", "line 1"],
            );
            Ok(())
        })
        .await
}
