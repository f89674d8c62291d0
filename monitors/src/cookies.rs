//! The banner that asks about cookies.

use canarytrace::prelude::*;

/// A visitor accepts cookies, and isn't asked again.
///
/// The practice shop shows its banner to those who switched it on; a shop of your own will show it unasked.
#[monitor(schedule = "*/30 * * * *", tags = ["shop", "cookies"], params(start = "/switchboard/set?fault=cookie-banner&next=/"))]
pub async fn the_cookie_banner_is_accepted_once(browser: &mut Browser) -> Result {
    let start = browser.param("start")?.to_owned();
    let banner = role(Role::Dialog, "Cookies");
    browser
        .step("accept the cookies", async |page| {
            page.goto(&start).await?;
            page.find(role(Role::Button, "Accept").within(&banner)).click().await?;
            page.expect(&banner).to_be_hidden().await
        })
        .await?;
    browser
        .step("look at a product", async |page| {
            page.find(role(Role::Link, exact("See the desk lamp"))).click().await?;
            page.expect(role(Role::Heading, "Desk lamp")).to_be_visible().await?;
            page.expect(&banner).to_be_hidden().await
        })
        .await
}
