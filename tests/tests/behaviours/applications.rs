//! Applications in one page, lists that grow, much text, and pages that leave while one types.

use canarytrace::prelude::*;

/// Views that are made in the browser are followed like pages.
#[monitor(tags = ["applications"])]
async fn applications_and_long_lists_are_used(browser: &mut Browser) -> Result {
    browser
        .step("a view of a single-page application is waited for, with its URL and title", async |page| {
            page.goto("/practice/spa").await?;
            page.find(role(Role::Link, exact("Items"))).click().await?;
            page.find(role(Role::Link, exact("Item 3"))).click().await?;
            page.expect(url()).to_contain("/practice/spa/items/3").await?;
            page.expect(title()).to_contain("Item 3").await?;
            page.expect(test_id("view-title")).to_be("Item 3").await
        })
        .await?;
    browser
        .step("back and forward go through the views of an application", async |page| {
            page.evaluate::<()>("history.back()", vec![]).await?;
            page.expect(test_id("view-title")).to_be("Items").await?;
            page.evaluate::<()>("history.forward()", vec![]).await?;
            page.expect(test_id("view-title")).to_be("Item 3").await
        })
        .await?;
    browser
        .step("a list is made longer until the wanted row is there", async |page| {
            page.find(test_id("to-items")).click().await?;
            page.find(test_id("load-more")).click().await?;
            page.find(test_id("load-more")).click().await?;
            page.find(test_id("item-25")).click().await?;
            page.expect(test_id("view-title")).to_be("Item 25").await
        })
        .await?;
    browser
        .step("a row of a virtual list is scrolled to", async |page| {
            page.goto("/practice/virtual").await?;
            let list = page.find(test_id("list"));
            while page.find(test_id("open-200")).count().await? == 0 {
                list.scroll_by(0, 400).await?;
            }
            page.find(test_id("open-200")).click().await?;
            page.expect(test_id("clicked")).to_be("row 200").await
        })
        .await?;
    browser
        .step("a list that grows at its end is scrolled until it is complete", async |page| {
            page.goto("/practice/infinite?after=100").await?;
            while page.find(test_id("row-50")).count().await? == 0 {
                page.find(test_id("end-of-list")).scroll_into_view().await?;
                page.scroll_by(0, 2000).await?;
            }
            page.expect(test_id("rows-count")).to_be("50").await?;
            page.expect(test_id("end-of-list")).to_be("That is all").await
        })
        .await?;
    browser
        .step("a picture that loads when it is near is waited for", async |page| {
            page.goto("/practice/lazy?after=100").await?;
            page.find(alt_text(exact("Picture 12"))).scroll_into_view().await?;
            page.expect(test_id("picture-12")).to_have_attribute("data-state", "loaded").await
        })
        .await?;
    browser
        .step("a page that computes for a while is waited for", async |page| {
            page.goto("/practice/worker?for=1200").await?;
            page.find(test_id("block")).click().await?;
            page.find(test_id("compute")).click().await?;
            page.expect(test_id("blocked")).to_be("was blocked").await?;
            page.expect(test_id("primes")).to_be("9592").await
        })
        .await?;
    browser
        .step("what a server sends in its own time is waited for", async |page| {
            page.goto("/practice/websocket").await?;
            page.find(label("Message")).fill("over a socket").await?;
            page.find(role(Role::Button, "Send")).click().await?;
            page.expect(test_id("echo")).to_be("over a socket").await?;
            page.expect(test_id("count")).to_be("20").await?;
            page.goto("/practice/events").await?;
            page.find(test_id("start")).click().await?;
            page.expect(test_id("stream-state")).to_be("done").await?;
            page.expect(test_id("last")).to_be("10").await
        })
        .await
}

/// Much text and sudden departures are no trouble.
#[monitor(tags = ["applications"])]
async fn much_text_and_sudden_departures(browser: &mut Browser) -> Result {
    browser
        .step("five megabytes of text are read, searched and clicked below", async |page| {
            page.goto("/practice/large").await?;
            let words = page.find(test_id("text")).text().await?;
            assert!(words.len() >= 5_000_000, "{} bytes", words.len());
            page.find(role(Role::Button, "Count the characters")).click().await?;
            page.expect(test_id("characters")).to_be("5000000").await?;
            page.find(text("At the end")).click().await?;
            page.expect(test_id("text")).to_contain("as long as the air is good").await
        })
        .await?;
    browser
        .step("five megabytes of text are filled in, and what a failure says of them is short", async |page| {
            page.goto("/practice/inputs").await?;
            let letter = "The canary sings. ".repeat(5 * 1024 * 1024 / 18);
            page.find(test_id("textarea")).fill(&letter).await?;
            assert!(page.find(test_id("textarea")).value().await? == letter, "the text did not arrive as it was sent");
            let failure = page.expect(test_id("textarea")).timeout(crate::support::SOON).to_have_value("short").await;
            let failure = failure.unwrap_err();
            assert!(failure.message.len() < 600, "{} bytes", failure.message.len());
            Ok(())
        })
        .await?;
    browser
        .step("a page that leaves while it is filled in was filled in", async |page| {
            page.goto("/practice/leaves").await?;
            page.find(label("Leaves at the third")).fill("lamp").await?;
            page.expect(url()).to_contain("/search?q=desk").await?;
            page.expect(test_id("search-summary")).to_contain("desk").await
        })
        .await?;
    browser
        .step("a page that leaves when a field is focused ends the filling in with what it became", async |page| {
            page.goto("/practice/leaves").await?;
            page.find(label("Leaves when focused")).focus().await?;
            page.expect(url()).to_contain("/search?q=desk").await
        })
        .await?;
    browser
        .step("a page that reloads while it is filled in is filled in again", async |page| {
            page.goto("/practice/leaves").await?;
            page.find(label(exact("Reloads once"))).fill("lamp").await?;
            page.wait_for_function::<bool>("return sessionStorage.getItem('practice-reloaded') === 'yes'", vec![])
                .await?;
            page.find(label(exact("Reloads once"))).fill("desk").await?;
            page.expect(test_id("reloads-value")).to_be("desk").await
        })
        .await?;
    browser
        .step("a page that leaves late is expected like the next one", async |page| {
            page.goto("/practice/leaves").await?;
            page.find(role(Role::Button, "Leave late")).click().await?;
            page.expect(url()).to_match("/basket$").await?;
            page.expect(title()).to_contain("Your basket").await
        })
        .await?;
    browser
        .step("a page that leaves by itself does not break what is being looked for", async |page| {
            page.goto("/practice/leaves?leave-after=200").await?;
            page.expect(test_id("search-summary")).to_be_visible().await
        })
        .await
}
