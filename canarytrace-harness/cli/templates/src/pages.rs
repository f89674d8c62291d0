//! Page objects: where things are on a page is written down once, and what a customer does there has a name.

use canarytrace::prelude::*;

/// The page of one product.
#[derive(Debug)]
pub struct ProductPage<'a> {
    page: &'a Browser,
}

impl<'a> ProductPage<'a> {
    /// Opens it. The address is relative to `BASE_URL`.
    pub async fn open(page: &'a Browser, product: &str) -> Result<Self> {
        page.goto(&format!("/products/{product}")).await?;
        page.expect(css!("[data-test=product-name]")).to_be_visible().await?;
        Ok(Self { page })
    }

    /// Puts one piece into the basket, which is shown then.
    pub async fn add_to_basket(&self) -> Result {
        self.page.find(css!("[data-test=add-to-basket]")).click().await?;
        self.page.expect(url()).to_contain("/basket").await
    }
}

/// The page to log in.
#[derive(Debug)]
pub struct LoginPage<'a> {
    page: &'a Browser,
}

impl<'a> LoginPage<'a> {
    /// Opens it.
    pub async fn open(page: &'a Browser) -> Result<Self> {
        page.goto("/login").await?;
        Ok(Self { page })
    }

    /// Fills in the form and sends it.
    pub async fn log_in(&self, user: &str, password: &str) -> Result {
        self.page.find(css!("[data-test=email]")).fill(user).await?;
        self.page.find(css!("[data-test=password]")).fill(password).await?;
        self.page.find(css!("[data-test=log-in]")).click().await
    }
}
