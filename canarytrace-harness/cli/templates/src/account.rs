//! Logging in.

use canarytrace::prelude::*;

use crate::pages::LoginPage;

/// A customer logs in and out again.
///
/// `SHOP_USER` and `SHOP_PASSWORD` say who, as environment variables or under `[params]` of canarytrace.toml. The
/// defaults are the practice shop's public account. What is declared `secret` appears in no output.
#[monitor(
    schedule = "*/5 * * * *",
    tags = ["shop", "account"],
    params(shop_user = "ada@example.com", shop_password: secret = "correct horse battery staple"),
    budget(step <= "20s"),
)]
pub async fn a_customer_logs_in(browser: &mut Browser) -> Result {
    let user = browser.param("shop_user")?.to_owned();
    let password = browser.param("shop_password")?.to_owned();
    browser
        .step("log in", async |page| {
            LoginPage::open(page).await?.log_in(&user, &password).await?;
            page.expect(test_id("account-name")).to_be_visible().await
        })
        .await?;
    browser
        .step("log out", async |page| {
            page.find(role(Role::Button, "Log out")).click().await?;
            page.expect(role(Role::Link, "Log in")).to_be_visible().await
        })
        .await
}
