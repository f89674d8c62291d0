//! Page objects: where things are on a page is written down once, and what a customer does there has a name.

use canarytrace::prelude::*;

/// The page of one product.
#[derive(Debug)]
pub struct ProductPage<'a> {
    page: &'a Page,
}

impl<'a> ProductPage<'a> {
    /// Opens it. The address is relative to `BASE_URL`.
    pub async fn open(page: &'a Page, product: &str) -> Result<Self> {
        page.goto(&format!("/products/{product}")).await?;
        page.expect(test_id("product-name")).to_be_visible().await?;
        Ok(Self { page })
    }

    /// Puts some pieces into the basket, which is shown then.
    pub async fn add_to_basket(&self, pieces: u32) -> Result {
        self.page.find(label("Quantity")).fill(&pieces.to_string()).await?;
        self.page.find(role(Role::Button, "Add to basket")).click().await?;
        self.page.expect(url()).to_contain("/basket").await
    }
}

/// The page to log in.
#[derive(Debug)]
pub struct LoginPage<'a> {
    page: &'a Page,
}

impl<'a> LoginPage<'a> {
    /// Opens it.
    pub async fn open(page: &'a Page) -> Result<Self> {
        page.goto("/login").await?;
        Ok(Self { page })
    }

    /// Fills in the form and sends it.
    pub async fn log_in(&self, user: &str, password: &str) -> Result {
        self.page.find(label("E-mail address")).fill(user).await?;
        self.page.find(label("Password")).fill(password).await?;
        self.page.find(role(Role::Button, "Log in")).click().await
    }
}
