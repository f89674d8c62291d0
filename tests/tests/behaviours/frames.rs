//! Frames: of the same origin, of another, nested, late, removed, replaced.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

fn frame_of(name: &str) -> Locator {
    test_id(format!("frame-{name}"))
}

/// What is in frames is used like what is in the page.
#[monitor(tags = ["frames"])]
async fn frames_are_looked_into(browser: &mut Browser) -> Result {
    browser.goto("/practice/frames?after=800").await?;
    let send = async |frame: Frame, name: &str| {
        frame.find(label("Name")).fill("Ada").await?;
        frame.find(label("Name")).type_text(" L").await?;
        frame.find(role(Role::Button, "Send")).click().await?;
        frame.expect(test_id("sent")).to_be(&format!("{name}: Ada L")).await
    };
    browser
        .step("a frame that appears late is waited for", async |page| send(page.frame(frame_of("late")), "late").await)
        .await?;
    browser
        .step("a frame of the same origin is used", async |page| send(page.frame(frame_of("same")), "same").await)
        .await?;
    browser
        .step("a frame in a frame is used", async |page| {
            send(page.frame(frame_of("outer")).frame(css("iframe")), "inner").await?;
            let inner = test_id("sent").in_frame(frame_of("inner").in_frame(frame_of("outer")));
            page.expect(inner).to_contain("inner").await?;
            send(page.frame(frame_of("outer")), "outer").await
        })
        .await?;
    browser
        .step("a frame whose text is in an attribute is used", async |page| {
            send(page.frame(frame_of("srcdoc")), "srcdoc").await
        })
        .await?;
    browser
        .step("a frame of another origin, in another process, is used", async |page| {
            send(page.frame(frame_of("cross")), "cross").await
        })
        .await?;
    browser
        .step("a frame of another origin in a frame of another origin is used", async |page| {
            let outer = page.frame(frame_of("cross-nested"));
            send(outer.frame(frame_of("inner")), "inner").await?;
            send(outer, "cross-outer").await
        })
        .await?;
    browser
        .step("a frame that navigates is found again", async |page| {
            let frame = page.frame(frame_of("navigates"));
            send(frame.clone(), "before").await?;
            frame.find(role(Role::Link, "Go to after")).click().await?;
            frame.expect(test_id("frame-name")).to_be("after").await?;
            send(frame.clone(), "after").await?;
            page.find(test_id("navigate-frame")).click().await?;
            frame.expect(test_id("frame-name")).to_be("sent-here").await?;
            send(frame, "sent-here").await
        })
        .await?;
    browser
        .step("a frame that is removed fails, and says that it is missing", async |page| {
            let frame = page.frame(frame_of("removed"));
            send(frame.clone(), "removed").await?;
            page.find(test_id("remove-frame")).click().await?;
            frame.expect(test_id("sent")).to_be_hidden().await?;
            failed(
                frame.find(test_id("send")).timeout(SOON).click().await,
                FailureKind::Locator,
                &["test id \"send\" in the frame test id \"frame-removed\"", "no element matched", "waited 300ms"],
            );
            Ok(())
        })
        .await?;
    browser
        .step("a frame that a click inside of it removes was clicked", async |page| {
            let frame = page.frame(frame_of("itself"));
            frame.find(test_id("remove-me")).click().await?;
            page.expect(frame_of("itself")).to_have_count(0).await
        })
        .await?;
    browser
        .step("what is in a frame is not found from outside", async |page| {
            page.expect(test_id("frame-name")).to_have_count(0).await?;
            failed(
                page.frame(frame_of("same")).find(test_id("snet")).timeout(SOON).text().await,
                FailureKind::Locator,
                &["test id \"snet\" in the frame", "no element matched", "similar: ", "data-test=\"sent\""],
            );
            Ok(())
        })
        .await
}
