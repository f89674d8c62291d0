//! A slow network, a slow processor, no network, no cache.

use canarytrace::prelude::*;

/// How long the last document took to its first byte, ms, by the browser's own clock.
async fn first_byte(page: &Page) -> Result<f64> {
    page.evaluate("return performance.getEntriesByType('navigation')[0].responseStart", vec![]).await
}

/// How long a request of the page or frame takes, ms.
const ASK: &str = "const start = performance.now(); await (await fetch('/api/text?' + start)).text(); \
                   return performance.now() - start";

/// How long a busy loop takes, ms: the shortest of three.
const SPIN: &str = "let least = Infinity; for (let round = 0; round < 3; round++) { const start = performance.now(); \
                    let sum = 0; for (let i = 0; i < 2e7; i++) sum += i % 7; \
                    least = Math.min(least, performance.now() - start); } return least";

/// The network is slowed down.
#[monitor(tags = ["conditions"])]
async fn a_slow_network_is_emulated(browser: &mut Browser) -> Result {
    browser
        .step("a latency holds for the first request, and for the next ones", async |page| {
            page.throttle("latency=400").await?;
            page.goto("/").await?;
            let first = first_byte(page).await?;
            assert!(first >= 400.0, "{first}");
            let asked: f64 = page.evaluate(ASK, vec![]).await?;
            assert!(asked >= 400.0, "{asked}");
            Ok(())
        })
        .await?;
    browser
        .step("it holds in windows that are opened, and in those that are open", async |page| {
            let other = page.new_window().await?;
            other.goto("/").await?;
            let first = first_byte(&other).await?;
            assert!(first >= 400.0, "{first}");
            other.throttle("latency=700").await?;
            page.goto("/").await?;
            let first = first_byte(page).await?;
            assert!(first >= 700.0, "what one window says is for all: {first}");
            other.close().await
        })
        .await?;
    browser
        .step("it holds in frames of other processes", async |page| {
            page.throttle("latency=300").await?;
            page.goto("/practice/frames").await?;
            let frame = page.frame(test_id("frame-cross"));
            frame.expect(test_id("frame-name")).to_be("cross").await?;
            let asked: f64 = frame.find(css("body")).evaluate(ASK, vec![]).await?;
            assert!(asked >= 300.0, "{asked}");
            Ok(())
        })
        .await?;
    browser
        .step("a rate limits how fast bytes come", async |page| {
            page.throttle("down=800").await?;
            page.goto("/").await?;
            let script = "const start = performance.now(); const bytes = (await (await fetch(arguments[0])).text()).length; \
                          return [bytes, performance.now() - start]";
            let [bytes, took]: [f64; 2] = page.evaluate(script, vec!["/practice/download/large.txt?kb=100".into()]).await?;
            assert!(bytes >= 100_000.0 && took >= 500.0, "{bytes} bytes in {took} ms, 1000 ms are due");
            Ok(())
        })
        .await?;
    browser
        .step("none is as before", async |page| {
            page.throttle("none").await?;
            page.goto("/").await.map(drop)
        })
        .await?;
    browser
        .step("what is no preset is told", async |page| {
            crate::support::failed(
                page.throttle("slow4G9").await,
                FailureKind::Harness,
                &["could not throttle", "slow4G9 is no preset", "allowed is one of none"],
            );
            Ok(())
        })
        .await
}

/// The processor is slowed down.
#[monitor(tags = ["conditions"])]
async fn a_slow_processor_is_emulated(browser: &mut Browser) -> Result {
    browser
        .step("scripts take longer, and as long as before afterwards", async |page| {
            page.goto("/practice/frames").await?;
            let spin = async || page.evaluate::<f64>(SPIN, vec![]).await;
            page.throttle("cpu=10").await?;
            let slow = spin().await?;
            page.throttle("none").await?;
            let fast = spin().await?;
            // Ten times in theory; the machine may be busy at one of them.
            assert!(slow > fast * 2.0, "{slow} ms slowed down, {fast} ms otherwise");
            Ok(())
        })
        .await?;
    browser
        .step("in frames of other processes too", async |page| {
            let body = page.frame(test_id("frame-cross")).find(css("body"));
            page.throttle("cpu=10").await?;
            let slow: f64 = body.evaluate(SPIN, vec![]).await?;
            page.throttle("none").await?;
            let fast: f64 = body.evaluate(SPIN, vec![]).await?;
            assert!(slow > fast * 2.0, "{slow} ms slowed down, {fast} ms otherwise");
            Ok(())
        })
        .await
}

/// The network is taken away.
#[monitor(tags = ["conditions"])]
async fn a_browser_without_network_is_emulated(browser: &mut Browser) -> Result {
    browser.goto("/").await?;
    browser
        .step("requests fail, pages can't be opened, and the page knows", async |page| {
            page.offline(true).await?;
            let line: bool = page.evaluate("return navigator.onLine", vec![]).await?;
            assert!(!line);
            let asked: String =
                page.evaluate("return fetch('/api/text').then(() => 'answered', error => error.name)", vec![]).await?;
            assert_eq!(asked, "TypeError");
            let failure = page.goto("/").await.expect_err("there is no network");
            assert_eq!(
                (failure.kind, failure.fault, failure.message.contains("ERR_INTERNET_DISCONNECTED")),
                (FailureKind::Navigation, canarytrace::record::Fault::Network, true),
                "{failure}"
            );
            Ok(())
        })
        .await?;
    browser
        .step("a window that is opened has none either", async |page| {
            let other = page.new_window().await?;
            assert!(other.goto("/").await.is_err());
            other.close().await
        })
        .await?;
    browser
        .step("it comes back", async |page| {
            page.offline(false).await?;
            page.goto("/").await?;
            page.expect(title()).to_be("Practice shop").await
        })
        .await
}

/// How many of the page's resources came without a byte over the wire.
async fn from_cache(page: &Page) -> Result<f64> {
    let script = "const all = performance.getEntriesByType('resource').filter(entry => entry.decodedBodySize > 0); \
                  return all.filter(entry => entry.transferSize === 0).length";
    page.evaluate(script, vec![]).await
}

/// The cache is cold, warm, and left out.
#[monitor(tags = ["conditions"])]
async fn the_cache_is_cold_or_warm(browser: &mut Browser) -> Result {
    let load = async |page: &Page| {
        page.goto("about:blank").await?;
        page.goto("/").await?;
        page.wait_for_load().await?;
        from_cache(page).await
    };
    browser
        .step("a run begins cold", async |page| {
            let kept = load(page).await?;
            assert!(kept < 1.0, "{kept}");
            Ok(())
        })
        .await?;
    browser
        .step("what was loaded before is warm", async |page| {
            let kept = load(page).await?;
            assert!(kept >= 1.0, "{kept}");
            Ok(())
        })
        .await?;
    browser
        .step("without the cache everything is loaded again", async |page| {
            page.disable_cache(true).await?;
            let kept = load(page).await?;
            assert!(kept < 1.0, "{kept}");
            page.disable_cache(false).await?;
            let kept = load(page).await?;
            assert!(kept >= 1.0, "{kept}");
            Ok(())
        })
        .await?;
    browser
        .step("an empty cache is cold again", async |page| {
            page.clear_cache().await?;
            let kept = load(page).await?;
            assert!(kept < 1.0, "{kept}");
            Ok(())
        })
        .await
}
