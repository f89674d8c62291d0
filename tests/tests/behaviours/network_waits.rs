//! Waiting for the network.

use std::time::Duration;

use canarytrace::prelude::*;
use serde_json::{Value, json};

use crate::support::{SOON, failed};

/// Lets the page ask for a URL without waiting for its answer.
async fn begin(page: &Page, url: &str) -> Result {
    page.evaluate::<Value>("fetch(arguments[0]).then(answer => answer.text()); return null", vec![url.into()])
        .await
        .map(drop)
}

/// Answers and requests are waited for.
#[monitor(tags = ["network"])]
async fn answers_are_waited_for(browser: &mut Browser) -> Result {
    browser.goto("/practice/spa?after=50").await?;
    browser
        .step("an answer is waited for, with status, headers, body and timing", async |page| {
            let answer = page.wait_for_response("**/api/items?*", page.find(test_id("to-items")).click()).await?;
            assert_eq!((answer.status, answer.request.method.as_str()), (200, "GET"));
            assert!(answer.header("Content-Type").unwrap().starts_with("application/json"));
            let body: Value = answer.json().await?;
            assert_eq!((&body["page"], body["items"].as_array().unwrap().len()), (&json!(1), 10));
            assert!(answer.body().await?.contains("\"items\""));
            assert!(answer.timing.first_byte.is_some() && answer.timing.response > Duration::ZERO);
            Ok(())
        })
        .await?;
    browser
        .step("a request is waited for, with what it sends", async |page| {
            let asking = async {
                let script = "fetch('/api/echo', { method: 'POST', body: '{\"a\": 1}' }); return null";
                page.evaluate::<Value>(script, vec![]).await
            };
            let request = page.wait_for_request("/api/echo", asking).await?;
            assert_eq!((request.method.as_str(), request.json::<Value>()?), ("POST", json!({ "a": 1 })));
            Ok(())
        })
        .await?;
    browser
        .step("a redirect is an answer, and so is what it leads to", async |page| {
            let answer = page.wait_for_response("/api/redirect/1", begin(page, "/api/redirect/1")).await?;
            assert_eq!(answer.status / 100, 3);
            failed(answer.body().await, FailureKind::Assertion, &["a redirect has none"]);
            let answer = page.wait_for_response("/api/products/lamp", begin(page, "/api/redirect/2")).await?;
            assert_eq!(answer.json::<Value>().await?["slug"], "lamp");
            Ok(())
        })
        .await?;
    browser
        .step("what does not come is told with what came instead", async |page| {
            let page = page.with_timeout(SOON * 3);
            failed(
                page.wait_for_response("**/api/cart", async {
                    begin(&page, "/api/status/404").await?;
                    begin(&page, "/api/slow?after=20000").await
                })
                .await,
                FailureKind::Assertion,
                &[
                    "expected an answer to \"**/api/cart\"",
                    "/api/status/404 (404)",
                    "still loading: GET http",
                    "/api/slow",
                ],
            );
            failed(
                page.wait_for_request("**/api/cart", begin(&page, "/api/text")).await,
                FailureKind::Assertion,
                &["expected a request to \"**/api/cart\"", "/api/text"],
            );
            let fails = async { Err::<(), _>(Failure::new(FailureKind::Locator, "the action's own")) };
            failed(page.wait_for_response("**", fails).await, FailureKind::Locator, &["the action's own"]);
            Ok(())
        })
        .await
}

/// The end of loading is waited for.
#[monitor(tags = ["network"])]
async fn quiet_is_waited_for(browser: &mut Browser) -> Result {
    browser
        .step("the network is idle once nothing is under way", async |page| {
            page.goto("/").await?;
            begin(page, "/api/slow?after=300").await?;
            page.wait_for_network_idle(Duration::from_millis(100)).await?;
            let count: f64 = page
                .evaluate(
                    "return performance.getEntriesByType('resource').filter(e => e.name.includes('/api/slow')).length",
                    vec![],
                )
                .await?;
            assert!((count - 1.0).abs() < 0.1, "{count}");
            Ok(())
        })
        .await?;
    browser
        .step("event streams do not keep it busy", async |page| {
            page.goto("/practice/events?count=500&every=50").await?;
            page.find(test_id("start")).click().await?;
            page.expect(test_id("last")).not().to_be("none").await?;
            page.wait_for_network_idle(Duration::from_millis(100)).await
        })
        .await?;
    browser
        .step("an answer that no script reads does not keep it busy", async |page| {
            page.goto("/").await?;
            let unread = page.evaluate::<Value>("fetch('/api/slow?after=200'); return null", vec![]);
            page.wait_for_response("/api/slow*", unread).await?;
            page.wait_for_network_idle(Duration::from_millis(100)).await
        })
        .await?;
    browser
        .step("what still loads is told", async |page| {
            page.goto("/").await?;
            begin(page, "/api/slow?after=20000").await?;
            failed(
                page.with_timeout(SOON).wait_for_network_idle(Duration::from_millis(50)).await,
                FailureKind::Timeout,
                &["the network was not idle for 50ms", "still loading: GET http", "/api/slow?after=20000"],
            );
            Ok(())
        })
        .await?;
    browser
        .step("more requests are waited for", async |page| {
            page.goto("/").await?;
            let both = async {
                begin(page, "/api/text").await?;
                begin(page, "/api/status/500").await
            };
            assert!(page.wait_for_more_requests(2, both).await?.len() >= 2);
            failed(
                page.with_timeout(SOON).wait_for_more_requests(2, begin(page, "/api/text")).await,
                FailureKind::Assertion,
                &["expected 2 more requests to be answered, but 1 were: GET http", "/api/text"],
            );
            Ok(())
        })
        .await
}
