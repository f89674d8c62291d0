//! The shop's API, without a browser.

use std::time::Duration;

use canarytrace::prelude::*;

/// A partner's program finds a lamp by the API, and is told so when it asks for a product that isn't there.
#[monitor(
    schedule = "* * * * *",
    tags = ["shop", "api"],
    params(first_byte: duration = "2s"),
    budget(step("search") <= "5s"),
)]
pub async fn the_api_finds_products(api: &mut Api) -> Result {
    let first_byte: Duration = api.param_as("first_byte")?;
    api.step("search", async |api| {
        let response = api.get("/api/products").query("q", "desk lamp").await?;
        response.expect(status()).to_be(200)?;
        response.expect(header("content-type")).to_contain("application/json")?;
        response.expect(json_path("$.products[*]")).to_have_count(1)?;
        response.expect(json_path("$.products[0].price_cents")).to_be_above(0)?;
        response.expect(timing(Phase::FirstByte)).to_be_below(first_byte)
    })
    .await?;
    api.step("ask for what isn't there", async |api| {
        let response = api.get("/api/products/gold").await?;
        response.expect(status()).to_be(404)?;
        response.expect_soft(json_path("$.error")).to_contain("no such product")
    })
    .await
}
