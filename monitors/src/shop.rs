//! The shop's pages as structs: where things are on a page stands here once, and what a customer does there has a name.

use canarytrace::prelude::*;

/// The page of one product.
#[derive(Debug)]
pub struct ProductPage<'a> {
    page: &'a Page,
}

impl<'a> ProductPage<'a> {
    /// Opens it.
    pub async fn open(page: &'a Page, product: &str) -> Result<Self> {
        page.goto(&format!("/products/{product}")).await?;
        Ok(Self { page })
    }

    /// Puts some pieces into the basket; the shop shows the basket then.
    pub async fn add_to_basket(&self, pieces: u32) -> Result<BasketPage<'a>> {
        self.page.find(label("Quantity")).fill(&pieces.to_string()).await?;
        self.page.find(role(Role::Button, "Add to basket")).click().await?;
        self.page.expect(role(Role::Heading, "Your basket")).to_be_visible().await?;
        Ok(BasketPage { page: self.page })
    }
}

/// The basket.
#[derive(Debug)]
pub struct BasketPage<'a> {
    page: &'a Page,
}

impl<'a> BasketPage<'a> {
    /// Opens it.
    pub async fn open(page: &'a Page) -> Result<Self> {
        page.goto("/basket").await?;
        Ok(Self { page })
    }

    /// The line of a product.
    pub fn line(&self, name: &str) -> Locator {
        role(Role::ListItem, any()).filter(has(role(Role::Link, name)))
    }

    /// Takes a product out again.
    pub async fn remove(&self, name: &str) -> Result {
        self.page.find(role(Role::Button, format!("Remove {name}"))).click().await?;
        self.page.expect(self.line(name)).to_be_hidden().await
    }

    /// Goes on to the checkout; who isn't logged in is asked to.
    pub async fn check_out(&self) -> Result {
        self.page.find(role(Role::Link, "Go to checkout")).click().await
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

    /// It, where the shop has led to it.
    pub async fn arrived(page: &'a Page) -> Result<Self> {
        page.expect(url()).to_contain("/login").await?;
        Ok(Self { page })
    }

    /// Fills in the form and sends it.
    pub async fn log_in(&self, user: &str, password: &str) -> Result {
        self.page.find(label("E-mail address")).fill(user).await?;
        self.page.find(label("Password")).fill(password).await?;
        self.page.find(role(Role::Button, "Log in")).click().await
    }
}
