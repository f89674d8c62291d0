//! Dialogs, windows, and going from page to page.

use canarytrace::page::DialogKind;
use canarytrace::prelude::*;

use crate::support::failed;

/// Dialogs are answered as they are asked for, and are never in the way unnoticed.
#[monitor(tags = ["windows"])]
async fn dialogs_are_answered(browser: &mut Browser) -> Result {
    browser.goto("/practice/dialogs?after=200").await?;
    browser
        .step("an alert is closed, and what it said is told", async |page| {
            let dialog = page.wait_for_dialog(Answer::Accept, page.find(test_id("alert")).click()).await?;
            assert_eq!((dialog.kind, dialog.message.as_str()), (DialogKind::Alert, "Practice alert"));
            page.expect(test_id("alert-result")).to_be("closed").await
        })
        .await?;
    browser
        .step("a question is accepted or dismissed", async |page| {
            for (answer, told) in [(Answer::Accept, "accepted"), (Answer::Dismiss, "dismissed")] {
                let dialog = page.wait_for_dialog(answer, page.find(test_id("confirm")).click()).await?;
                assert_eq!(dialog.message, "Delete everything?");
                page.expect(test_id("confirm-result")).to_be(told).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("a prompt gets a text, keeps its own, or is dismissed", async |page| {
            for (answer, told) in [
                (Answer::text("Grace ü"), "accepted: Grace ü"),
                (Answer::Accept, "accepted: Ada"),
                (Answer::Dismiss, "dismissed"),
            ] {
                let dialog = page.wait_for_dialog(answer, page.find(test_id("prompt")).click()).await?;
                assert_eq!((dialog.message.as_str(), dialog.default_text.as_str()), ("What is your name?", "Ada"));
                page.expect(test_id("prompt-result")).to_be(told).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("a dialog that comes late is waited for", async |page| {
            let dialog = page.wait_for_dialog(Answer::Accept, page.find(test_id("alert-later")).click()).await?;
            assert_eq!(dialog.message, "Late alert");
            page.expect(test_id("later-result")).to_be("closed").await
        })
        .await?;
    browser
        .step("a dialog that nobody waits for is closed and fails what meets it, with its text", async |page| {
            let met = async {
                page.find(test_id("alert")).click().await?;
                page.expect(test_id("confirm-result")).to_be("dismissed").await
            };
            failed(met.await, FailureKind::Assertion, &["a dialog (alert) that says \"Practice alert\""]);
            // Afterwards the page can be used.
            page.expect(test_id("alert-result")).to_be("closed").await
        })
        .await?;
    browser
        .step("two dialogs in a row are answered when all are to be", async |page| {
            page.answer_dialogs(Answer::Accept);
            page.find(test_id("two-alerts")).click().await?;
            page.expect(test_id("two-result")).to_be("both closed").await?;
            page.fail_on_dialogs();
            let said: Vec<_> = page.dialogs().into_iter().rev().take(2).map(|dialog| dialog.message).collect();
            assert_eq!(said, ["Second", "First"]);
            Ok(())
        })
        .await?;
    browser
        .step("a dialog of the page itself is used like any element", async |page| {
            page.find(test_id("open-modal")).click().await?;
            failed(
                page.find(test_id("alert")).timeout(crate::support::SOON).click().await,
                FailureKind::Locator,
                &["is covered by <dialog"],
            );
            page.find(role(Role::Button, "Yes").within(role(Role::Dialog, "Are you sure?"))).click().await?;
            page.expect(test_id("modal-result")).to_be("yes").await
        })
        .await?;
    browser
        .step("a page that asks before it is left is left", async |page| {
            page.find(label("Draft")).type_text("text").await?;
            page.expect(test_id("leave-result")).to_be("leaving asks").await?;
            page.find(test_id("leave")).click().await?;
            page.expect(title()).to_contain("Pages to practise on").await
        })
        .await
}

/// A journey goes on in another window and comes back.
#[monitor(tags = ["windows"])]
async fn windows_are_followed(browser: &mut Browser) -> Result {
    browser.goto("/practice/windows?for=1500&after=200").await?;
    browser
        .step("a link into a new tab gives the tab's page", async |page| {
            let tab = page.wait_for_window(page.find(test_id("blank-link")).click()).await?;
            tab.expect(test_id("window-name")).to_be("tab").await?;
            page.expect(test_id("popup-state")).to_be("no popup").await?;
            assert_eq!(page.windows().len(), 2);
            tab.close().await?;
            assert_eq!(page.windows().len(), 1);
            Ok(())
        })
        .await?;
    browser
        .step("a popup and its opener are used by turns", async |page| {
            let popup = page.wait_for_window(page.find(test_id("open-popup")).click()).await?;
            page.find(label(exact("Message"))).fill("good morning").await?;
            popup.expect(title()).to_be("Popup popup").await?;
            popup.expect(test_id("window-name")).to_be("popup").await?;
            page.find(test_id("send-message")).click().await?;
            popup.expect(test_id("received")).to_be("good morning").await?;
            page.expect(test_id("received")).to_be("echo: good morning").await?;
            popup.find(test_id("message-opener")).click().await?;
            page.expect(test_id("received")).to_be("hello from the popup").await?;
            popup.find(test_id("close-window")).click().await?;
            popup.wait_for_close().await?;
            page.expect(test_id("popup-state")).to_be("closed").await
        })
        .await?;
    browser
        .step("a window that opens late, or two at once, are all there", async |page| {
            let late = page.wait_for_window(page.find(test_id("open-later")).click()).await?;
            late.expect(test_id("window-name")).to_be("later").await?;
            late.close().await?;
            page.wait_for_window(page.find(test_id("open-two")).click()).await?;
            // Either may be there first, and the other a moment later.
            let named = async |name: &str| -> Result<Page> {
                loop {
                    for window in page.windows() {
                        if window.url().await?.contains(name) {
                            return Ok(window);
                        }
                    }
                }
            };
            let (first, second) = (named("name=first").await?, named("name=second").await?);
            first.expect(test_id("window-name")).to_be("first").await?;
            second.expect(test_id("window-name")).to_be("second").await?;
            first.close().await?;
            second.close().await
        })
        .await?;
    browser
        .step("a window that closed itself fails what is asked of it, and only that", async |page| {
            let brief = page.wait_for_window(page.find(test_id("open-brief")).click()).await?;
            brief.wait_for_close().await?;
            assert!(brief.is_closed());
            failed(
                brief.find(test_id("window-name")).text().await,
                FailureKind::Navigation,
                &["was closed by its page"],
            );
            page.expect(test_id("popup-state")).to_be("closed").await
        })
        .await?;
    browser
        .step("a popup that sends its opener elsewhere is closed without harm", async |page| {
            let popup = page.wait_for_window(page.find(test_id("open-popup")).click()).await?;
            popup.find(test_id("navigate-opener")).click().await?;
            page.wait_for_url("/basket").await?;
            popup.close().await?;
            page.expect(title()).to_contain("Your basket").await
        })
        .await?;
    browser
        .step("back, forward and reload load the page they mean", async |page| {
            page.goto("/practice/keys").await?;
            page.goto("/practice/mouse").await?;
            page.back().await?;
            page.expect(url()).to_match("/keys$").await?;
            page.find(label(exact("Text"))).fill("gone with a reload").await?;
            page.reload().await?;
            page.expect(label(exact("Text"))).to_have_value("to be changed").await?;
            page.forward().await?;
            page.expect(test_id("pad")).to_be_visible().await
        })
        .await
}
