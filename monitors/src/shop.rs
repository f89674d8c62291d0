//! What several journeys share: plain functions over the page.

use canarytrace::prelude::*;

/// Opens a product's page and puts one piece into the basket; the shop shows the basket then.
pub async fn put_into_the_basket(page: &mut Browser, product: &str) -> Result {
    page.goto(&format!("/products/{product}")).await?;
    page.find(css!("[data-test=add-to-basket]")).click().await?;
    page.expect(css(format!("[data-test=line-{product}]"))).to_be_visible().await
}

/// Fills in and sends the login form.
pub async fn log_in(page: &mut Browser, user: &str, password: &str) -> Result {
    page.find(css!("[data-test=email]")).fill(user).await?;
    page.find(css!("[data-test=password]")).fill(password).await?;
    page.find(css!("[data-test=log-in]")).click().await
}
