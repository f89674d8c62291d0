//! Products and items.

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Endpoint, answer, problem};
use crate::site::catalogue::{self, PRODUCTS, Product};
use crate::site::session::Site;
use crate::site::wait::Wait;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new("products", "products", "All products. ?q= searches, ?after= waits so many ms."),
    Endpoint::new("products/{slug}", "products/lamp", "One product."),
    Endpoint::new("items", "items?page=2", "Ten of fifty items, and the number of the next page. ?after= waits."),
    Endpoint::new("items/{id}", "items/7", "One item. ?after= waits."),
];

/// Items that there are, and on one page.
const ITEMS: u32 = 50;
const PAGE: u32 = 10;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/products", get(products))
        .route("/products/{slug}", get(product))
        .route("/items", get(items))
        .route("/items/{id}", get(item))
}

fn described(product: &Product) -> Value {
    json!({
        "slug": product.slug,
        "name": product.name,
        "category": product.category,
        "price_cents": product.price,
        "currency": "EUR",
        "description": product.description,
        "picture": format!("/pictures/{}.svg", product.slug),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: Option<String>,
    page: Option<u32>,
}

async fn products(Query(asked): Query<Asked>, Query(wait): Query<Wait>) -> Response {
    tokio::time::sleep(wait.after(0)).await;
    let found: Vec<Value> = match &asked.q {
        Some(term) => catalogue::search(term).into_iter().map(described).collect(),
        None => PRODUCTS.iter().map(described).collect(),
    };
    answer(StatusCode::OK, &json!({"count": found.len(), "products": found}))
}

async fn product(Path(slug): Path<String>) -> Response {
    match catalogue::find(&slug) {
        Some(product) => answer(StatusCode::OK, &described(product)),
        None => problem(StatusCode::NOT_FOUND, "there is no such product"),
    }
}

fn item_of(id: u32) -> Value {
    json!({"id": id, "name": format!("Item {id}"), "text": format!("This is item {id} of {ITEMS}.")})
}

async fn items(Query(asked): Query<Asked>, Query(wait): Query<Wait>) -> Response {
    tokio::time::sleep(wait.after(0)).await;
    let page = asked.page.unwrap_or(1);
    if !(1..=ITEMS / PAGE).contains(&page) {
        return problem(StatusCode::NOT_FOUND, "there is no such page");
    }
    let first = (page - 1) * PAGE + 1;
    let next = (page < ITEMS / PAGE).then_some(page + 1);
    let items: Vec<Value> = (first..first + PAGE).map(item_of).collect();
    answer(StatusCode::OK, &json!({"page": page, "next": next, "items": items}))
}

async fn item(Path(id): Path<String>, Query(wait): Query<Wait>) -> Response {
    tokio::time::sleep(wait.after(0)).await;
    match id.parse() {
        Ok(id @ 1..=ITEMS) => answer(StatusCode::OK, &item_of(id)),
        _ => problem(StatusCode::NOT_FOUND, "there is no such item"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    async fn json_at(client: &Client, path: &str) -> Value {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}");
        serde_json::from_str(&answer.body).unwrap()
    }

    #[tokio::test]
    async fn products_are_listed_searched_and_told() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let all = json_at(&client, "/api/products").await;
        assert_eq!(all["count"], PRODUCTS.len());
        assert_eq!(json_at(&client, "/api/products?q=desk+lamp").await["products"][0]["slug"], "lamp");
        assert_eq!(json_at(&client, "/api/products/lamp").await["price_cents"], 3900);
        assert_eq!(client.get("/api/products/gold").await.status, 404);
    }

    #[tokio::test]
    async fn items_come_in_pages_until_the_last() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let (mut next, mut seen) = (Some(1), Vec::new());
        while let Some(page) = next {
            let got = json_at(&client, &format!("/api/items?page={page}")).await;
            seen.extend(got["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()));
            next = got["next"].as_u64();
        }
        assert_eq!(seen, (1..=50).collect::<Vec<_>>());
        assert_eq!(json_at(&client, "/api/items/50").await["name"], "Item 50");
        for path in ["/api/items?page=6", "/api/items?page=0", "/api/items/51", "/api/items/x"] {
            assert_eq!(client.get(path).await.status, 404, "{path}");
        }
    }
}
