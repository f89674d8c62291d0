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

canarytrace::object! {
    /// What the shop asks for its products, to be looked at over time.
    pub struct Price = "prices" {
        /// The product's id.
        product: String => "product": Keyword,
        /// Its price, cents.
        cents: i64 => "cents": Long,
    }
}

/// The price of a lamp is no surprise; what it was is kept.
#[monitor(schedule = "0 * * * *", tags = ["shop", "api"])]
pub async fn the_price_is_as_agreed(api: &mut Api) -> Result {
    api.step("ask for the price", async |api| {
        let response = api.get("/api/products/lamp").await?;
        response.expect(status()).to_be(200)?;
        response.expect(json_path("$.price_cents")).to_be_above(0)?;
        let cents = response.json_path("$.price_cents")?.as_i64().unwrap_or_default();
        api.save(&Price { product: "lamp".to_owned(), cents }).await
    })
    .await
}
