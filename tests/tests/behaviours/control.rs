//! Requests are under the monitor's control: answered, blocked, failed, delayed, changed; traced; hero marks are set.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use canarytrace::prelude::*;
use serde_json::{Value, json};

use crate::support::{SOON, failed};

/// What the page gets when it asks.
async fn ask(page: &Page, url: &str) -> Result<String> {
    let script = "return fetch(arguments[0]).then(answer => answer.text().then(text => answer.status + ' ' + text), \
                  error => String(error))";
    page.evaluate(script, vec![url.into()]).await
}

/// What the server got: the answer of `/api/echo`.
async fn echo(page: &Page, init: Value) -> Result<Value> {
    let script = "return fetch('/api/echo', arguments[0]).then(answer => answer.json())";
    page.evaluate(script, vec![init]).await
}

/// Routes decide what becomes of requests.
#[monitor(tags = ["network"])]
async fn requests_are_controlled(browser: &mut Browser) -> Result {
    browser.goto("/practice/frames").await?;
    browser
        .step("a request is answered by the monitor, and again by the server afterwards", async |page| {
            let mock =
                page.route("/api/products*", Route::fulfil(Reply::json(json!({ "count": 0 })).status(203))).await?;
            assert_eq!(ask(page, "/api/products?q=lamp").await?, "203 {\"count\":0}");
            assert_eq!(mock.count(), 1);
            mock.expect_matched().await?;
            mock.unroute().await?;
            assert!(ask(page, "/api/products?q=lamp").await?.contains("\"slug\":\"lamp\""));
            assert_eq!(mock.count(), 1);
            Ok(())
        })
        .await?;
    browser
        .step("requests are blocked or fail like the network, as often as is wanted", async |page| {
            let blocked = page.route("**/api/{items,text}**", Route::block()).await?;
            assert_eq!(ask(page, "/api/text").await?, "TypeError: Failed to fetch");
            assert_eq!(ask(page, "/api/items?page=1").await?, "TypeError: Failed to fetch");
            blocked.unroute().await?;
            let reset = page.route(regex("/api/te.t$"), Route::fail(NetError::ConnectionReset).times(2)).await?;
            for expected in ["TypeError: Failed to fetch", "TypeError: Failed to fetch", "200 no JSON"] {
                assert!(ask(page, "/api/text").await?.starts_with(expected), "{expected}");
            }
            assert_eq!(reset.count(), 2);
            Ok(())
        })
        .await?;
    browser
        .step("the newest route wins, and may leave it to the older ones", async |page| {
            let old = page.route(all(), Route::fulfil(Reply::text("old"))).await?;
            let new = page
                .route(
                    "**/api/echo",
                    Route::with(async |request| {
                        Ok(match request.method.as_str() {
                            "POST" => Route::fulfil(Reply::text(format!("new: {}", request.text()))),
                            _ => Route::fall_back(),
                        })
                    }),
                )
                .await?;
            assert_eq!(ask(page, "/api/echo").await?, "200 old");
            let post = "return fetch('/api/echo', { method: 'POST', body: 'böd' }).then(answer => answer.text())";
            assert_eq!(page.evaluate::<String>(post, vec![]).await?, "new: böd");
            assert_eq!((old.count(), new.count()), (1, 2));
            new.unroute().await?;
            old.unroute().await
        })
        .await?;
    browser
        .step("a request goes on with other headers, body and method, or later", async |page| {
            let route = Route::go_on().header("X-Canary", "yellow").without_header("x-page").method("PUT").body("ours");
            let changed = page.route("/api/echo", route.after(Duration::from_millis(1))).await?;
            let init = json!({ "method": "POST", "body": "theirs", "headers": { "x-page": "1", "x-stays": "2" } });
            let told = echo(page, init).await?;
            assert_eq!((&told["method"], &told["body"]), (&json!("PUT"), &json!("ours")), "{told}");
            assert_eq!((&told["headers"]["x-canary"], &told["headers"]["x-stays"]), (&json!("yellow"), &json!("2")));
            assert_eq!(told["headers"]["x-page"], Value::Null);
            changed.unroute().await
        })
        .await?;
    browser
        .step("an answer is changed: status, headers and body", async |page| {
            let route = Route::go_on()
                .response_status(202)
                .response_header("x-canary", "yellow")
                .change_response(|text| text.replace("no JSON", "changed"));
            let changed = page.route("/api/text", route).await?;
            let script = "return fetch('/api/text').then(answer => answer.text().then(text => \
                          answer.status + ' ' + answer.headers.get('x-canary') + ' ' + text))";
            let told: String = page.evaluate(script, vec![]).await?;
            assert!(told.starts_with("202 yellow changed"), "{told}");
            changed.unroute().await?;
            // So is the document of a frame in another process.
            let frame = page
                .route(
                    "**/practice/frame\\?name=cross*",
                    Route::go_on().change_response(|text| text.replace("nothing sent", "changed")),
                )
                .await?;
            page.reload().await?;
            page.frame(test_id("frame-cross")).expect(test_id("sent")).to_be("changed").await?;
            page.frame(test_id("frame-same")).expect(test_id("sent")).to_be("nothing sent").await?;
            frame.unroute().await?;
            // A compressed answer is changed as text.
            let route = Route::go_on().change_response(|text| format!("{} bytes, begins with {{", text.len()));
            page.route("/api/gzip", route).await?;
            let told = ask(page, "/api/gzip").await?;
            assert!(told.starts_with("200 4") && told.ends_with("begins with {"), "{told}");
            Ok(())
        })
        .await?;
    browser
        .step("a mock that was never asked for is told with what came instead", async |page| {
            let mock = page.with_timeout(SOON).route("/api/basket", Route::block()).await?;
            ask(page, "/api/products/lamp").await?;
            failed(
                mock.expect_matched().await,
                FailureKind::Assertion,
                &["a request to fit the route \"/api/basket\"", "instead came GET http", "/api/products/lamp"],
            );
            mock.unroute().await
        })
        .await?;
    browser
        .step("what is no pattern or no route is refused", async |page| {
            let kind = FailureKind::Harness;
            failed(page.route("api/cart", Route::block()).await, kind, &["did you mean \"**/api/cart\"?"]);
            failed(page.route("**/{a", Route::block()).await, kind, &["a { has no }"]);
            failed(page.route(regex("("), Route::block()).await, kind, &["is no pattern of URLs"]);
            failed(page.route("**", Route::block().header("a", "b")).await, kind, &["only a route that lets"]);
            failed(page.route("**", Route::go_on().header("a b", "c")).await, kind, &["is no header"]);
            failed(page.route("**", Route::fulfil(Reply::empty(7))).await, kind, &["7 is no status"]);
            Ok(())
        })
        .await
}

/// Routes hold where they are meant to hold: in the window with its frames and workers, or in all.
#[monitor(tags = ["network"])]
async fn routes_belong_to_a_window_or_to_all(browser: &mut Browser) -> Result {
    browser
        .step("frames of other origins, and those in them, are the window's", async |page| {
            let asked = Arc::new(Mutex::new(Vec::new()));
            let noted = asked.clone();
            let route = Route::with(move |request| {
                noted.lock().unwrap().push(request.url);
                std::future::ready(Ok(Route::go_on()))
            });
            let frames = page.route("**/practice/frame\\?*", route).await?;
            page.goto("/practice/frames").await?;
            let inner = page.frame(test_id("frame-cross-nested")).frame(test_id("frame-inner"));
            inner.expect(test_id("send")).to_be_visible().await?;
            frames.unroute().await?;
            let asked = asked.lock().unwrap();
            for name in ["name=same", "name=cross", "name=cross-outer", "name=inner"] {
                assert!(asked.iter().any(|url| url.contains(name)), "{name} is missing in {asked:?}");
            }
            Ok(())
        })
        .await?;
    browser
        .step("so are its workers, and other windows are not", async |page| {
            page.goto("/practice/worker").await?;
            let other = page.new_window().await?;
            other.goto("/practice/worker").await?;
            let mock = page
                .route(
                    "**",
                    Route::with(async |request| {
                        Ok(if request.resource_type == "XHR" || request.resource_type == "Fetch" {
                            Route::fulfil(Reply::json(json!({ "name": "mocked", "count": 77 })))
                        } else {
                            Route::go_on()
                        })
                    }),
                )
                .await?;
            assert!(ask(page, "/api/text").await?.contains("mocked"));
            assert!(!ask(&other, "/api/text").await?.contains("mocked"));
            // A worker that runs already has the loader that it had: the page loads its worker again.
            page.reload().await?;
            page.find(test_id("worker-fetch")).click().await?;
            page.expect(test_id("worker-answer")).to_be("mocked").await?;
            mock.unroute().await?;
            other.close().await
        })
        .await?;
    browser
        .step("a route of all windows holds in those that open later, from their first request on", async |page| {
            let route = Route::fulfil(Reply::html("<title>Mocked</title>"));
            let mock = page.route_in_all_windows("/practice/popup**", route).await?;
            page.goto("/practice/windows").await?;
            let popup = page.wait_for_window(page.find(test_id("open-popup")).click()).await?;
            popup.expect(title()).to_be("Mocked").await?;
            popup.close().await?;
            mock.unroute().await
        })
        .await
}

/// The browser is traced: each request to the target has an id of its own.
#[monitor(tags = ["network"])]
async fn requests_to_the_target_are_traced(browser: &mut Browser) -> Result {
    browser.goto("/practice/worker").await?;
    browser
        .step("both headers carry the same new id", async |page| {
            let mut ids = Vec::new();
            for _ in 0..2 {
                let headers = echo(page, json!({ "method": "POST", "body": "kept" })).await?;
                assert_eq!(headers["body"], "kept");
                let headers = &headers["headers"];
                let id = headers["canary-trace-id"].as_str().expect("it is traced").to_owned();
                let parent = headers["traceparent"].as_str().expect("it is traced");
                assert!(
                    id.len() == 32 && parent.starts_with(&format!("00-{id}-")) && parent.ends_with("-01"),
                    "{parent}"
                );
                ids.push(id);
            }
            assert_ne!(ids[0], ids[1]);
            Ok(())
        })
        .await?;
    browser
        .step("a trace of the page's own goes on", async |page| {
            let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            let told = echo(page, json!({ "headers": { "traceparent": parent } })).await?;
            assert_eq!(told["headers"]["traceparent"], parent);
            assert_eq!(told["headers"]["canary-trace-id"], "4bf92f3577b34da6a3ce929d0e0e4736");
            Ok(())
        })
        .await?;
    browser
        .step("other origins get none, and are not asked whether they would take it", async |page| {
            // The same server by its other name is another origin, which the echo does not open to others: what it is
            // asked is seen by a route that answers for it.
            let mock = page
                .route(
                    regex("//localhost:.*/api/echo"),
                    Route::with(async |request| {
                        let traced = request.header("traceparent").is_some();
                        Ok(Route::fulfil(Reply::text(format!("{} {traced}", request.method))))
                    }),
                )
                .await?;
            // The page's policy forbids scripts other servers: a page without one asks.
            let plain = page.route("**/practice/plain", Route::fulfil(Reply::html("<title>Plain</title>"))).await?;
            page.goto("/practice/plain").await?;
            let other = page.url().await?.replace("127.0.0.1", "localhost").replace("/practice/plain", "/api/echo");
            assert_eq!(ask(page, &other).await?, "200 GET false");
            assert_eq!((mock.count(), plain.count()), (1, 1));
            mock.unroute().await?;
            plain.unroute().await
        })
        .await
}

/// Hero marks are set where what matters comes.
#[monitor(tags = ["network"])]
async fn hero_marks_are_set(browser: &mut Browser) -> Result {
    let marks = "return performance.getEntriesByType('mark').map(mark => mark.name)";
    browser
        .step("a mark is set in spite of the page's content security policy", async |page| {
            let heading = page.hero_mark("/products/*", HeroMark::before("HE-heading", "<h1")).await?;
            let price = page
                .hero_mark("/products/*", HeroMark::after_regex("price", "data-test=\"?product-price\"?[^>]*>"))
                .await?;
            page.goto("/products/lamp").await?;
            heading.expect_matched().await?;
            price.expect_matched().await?;
            let names: Vec<String> = page.evaluate(marks, vec![]).await?;
            assert!(names.contains(&"HE-heading".to_owned()) && names.contains(&"HE-price".to_owned()), "{names:?}");
            page.expect(test_id("product-price")).to_contain("€").await?;
            heading.unroute().await?;
            price.unroute().await
        })
        .await?;
    browser
        .step("what a route answers gets no mark, and that is told", async |page| {
            page.route("/practice/ours", Route::fulfil(Reply::html("<title>Ours</title><p>hero</p>"))).await?;
            let mark = page.with_timeout(SOON).hero_mark("/practice/ours", HeroMark::after("HE-p", "</p>")).await?;
            page.goto("/practice/ours").await?;
            failed(mark.expect_matched().await, FailureKind::Assertion, &["the hero mark HE-p to be set"]);
            Ok(())
        })
        .await?;
    browser
        .step("a place that is not in the page is told", async |page| {
            let page = page.with_timeout(SOON * 10);
            let mark = page.hero_mark("/basket", HeroMark::before("HE-x", "no such text")).await?;
            page.goto("/basket").await?;
            failed(
                mark.clone().expect_matched().await,
                FailureKind::Assertion,
                &["the hero mark HE-x to be set in \"/basket\""],
            );
            assert_eq!(mark.count(), 0);
            failed(page.hero_mark("**", HeroMark::before("a\"", "x")).await, FailureKind::Harness, &["is no name"]);
            Ok(())
        })
        .await
}
