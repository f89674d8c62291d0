//! Logging in.

use canarytrace::prelude::*;

use crate::shop::LoginPage;

/// A customer logs in and out; a wrong password is refused.
///
/// The defaults are the practice shop's public credentials; for a shop of your own set `SHOP_USER` and
/// `SHOP_PASSWORD`, whose value appears in no output.
#[monitor(
    schedule = "*/5 * * * *",
    tags = ["shop", "account"],
    params(shop_user = "ada@example.com", shop_password: secret = "correct horse battery staple"),
    budget(step <= "15s"),
)]
pub async fn a_customer_logs_in(browser: &mut Browser) -> Result {
    let user = browser.param("shop_user")?.to_owned();
    let password = browser.param("shop_password")?.to_owned();
    browser
        .step("a wrong password is refused", async |page| {
            LoginPage::open(page).await?.log_in(&user, "not the password").await?;
            page.expect(role(Role::Alert, any())).to_contain("password is wrong").await
        })
        .await?;
    browser
        .step("log in", async |page| {
            LoginPage::open(page).await?.log_in(&user, &password).await?;
            page.expect(text("Hello, Ada")).to_be_visible().await
        })
        .await?;
    browser
        .step("log out", async |page| {
            page.find(role(Role::Button, "Log out")).click().await?;
            page.expect(role(Role::Link, "Log in")).to_be_visible().await
        })
        .await
}
