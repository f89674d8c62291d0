//! What the browser keeps and allows: cookies, storage, permissions, place, clipboard.

use canarytrace::prelude::*;

/// Cookies and storage are read and written as the page sees them.
#[monitor(tags = ["browser"])]
async fn what_the_browser_keeps_is_read_and_set(browser: &mut Browser) -> Result {
    browser.goto("/practice/storage").await?;
    browser
        .step("a cookie of the page is read, one that is set is seen, and both can be deleted", async |page| {
            page.find(test_id("key")).fill("colour").await?;
            page.find(test_id("value")).fill("yellow").await?;
            page.find(test_id("set")).click().await?;
            page.expect(test_id("cookies")).to_contain("colour=yellow").await?;
            let cookie = page.cookie("colour").await?.expect("it was set");
            assert_eq!(cookie.value, "yellow");
            page.set_cookie(Cookie::new("size", "large")).await?;
            page.find(test_id("refresh")).click().await?;
            page.expect(test_id("cookies")).to_contain("size=large").await?;
            page.delete_cookie("colour").await?;
            page.find(test_id("refresh")).click().await?;
            page.expect(test_id("cookies")).not().to_contain("colour").await
        })
        .await?;
    browser
        .step("a cookie that scripts can't read is read", async |page| {
            page.find(test_id("http-only-cookie")).click().await?;
            page.expect(test_id("cookies")).to_contain("size=large").await?;
            page.expect(test_id("cookies")).not().to_contain("secret").await?;
            let hidden = page.cookie("hidden").await?.expect("the server set it");
            assert!(hidden.http_only && hidden.value == "secret");
            page.clear_cookies().await?;
            assert!(page.cookie("hidden").await?.is_none());
            Ok(())
        })
        .await?;
    browser
        .step("local and session storage are read, written and cleared", async |page| {
            page.find(test_id("place")).select("Local storage").await?;
            page.find(test_id("key")).fill("theme").await?;
            page.find(test_id("value")).fill("dark").await?;
            page.find(test_id("set")).click().await?;
            page.expect(test_id("local")).to_contain("theme=dark").await?;
            assert_eq!(page.local_storage().get("theme").await?.as_deref(), Some("dark"));
            page.session_storage().set("draft", "ü").await?;
            page.find(test_id("refresh")).click().await?;
            page.expect(test_id("session")).to_be("draft=ü").await?;
            page.session_storage().clear().await?;
            page.local_storage().remove("theme").await?;
            page.find(test_id("refresh")).click().await?;
            page.expect(test_id("session")).to_be("none").await?;
            page.expect(test_id("local")).not().to_contain("theme").await
        })
        .await?;
    browser
        .step("what is stored before a page loads is there when it loads", async |page| {
            page.local_storage().set("practice-visits", "41").await?;
            page.reload().await?;
            page.expect(test_id("visits")).to_be("42").await
        })
        .await
}

/// Nobody has to be asked for what a monitor allows.
#[monitor(tags = ["browser"])]
async fn permissions_are_granted(browser: &mut Browser) -> Result {
    browser.goto("/practice/permissions").await?;
    browser
        .step("a page that may know where it is is told the place", async |page| {
            page.expect(test_id("state-geolocation")).to_be("prompt").await?;
            page.grant_permissions(&[Permission::Geolocation]).await?;
            page.set_geolocation(50.0755, 14.4378, 10.0).await?;
            page.expect(test_id("state-geolocation")).to_be("granted").await?;
            page.find(test_id("locate")).click().await?;
            page.expect(test_id("position")).to_be("50.0755, 14.4378").await?;
            page.expect(test_id("accuracy")).to_be("10").await
        })
        .await?;
    browser
        .step("permissions can be taken back", async |page| {
            page.grant_permissions(&[Permission::Notifications]).await?;
            page.expect(test_id("state-notifications")).to_be("granted").await?;
            page.reset_permissions().await?;
            // The page is not told of it, but asks anew.
            page.reload().await?;
            page.expect(test_id("state-notifications")).not().to_be("granted").await?;
            page.expect(test_id("state-geolocation")).to_be("prompt").await
        })
        .await?;
    browser
        .step("the clipboard is read after the page copied, and written before it pastes", async |page| {
            page.goto("/practice/clipboard").await?;
            page.find(test_id("text")).fill("copied by a monitor").await?;
            page.find(test_id("copy")).click().await?;
            page.expect(test_id("copy-result")).to_be("copied").await?;
            assert_eq!(page.clipboard().read().await?, "copied by a monitor");
            page.grant_permissions(&[Permission::ClipboardRead]).await?;
            page.clipboard().write("written by a monitor").await?;
            page.find(test_id("paste")).click().await?;
            page.expect(test_id("pasted")).to_be("written by a monitor").await
        })
        .await
}
