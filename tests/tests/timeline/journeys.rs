//! The monitors whose runs are looked at.

use std::process::Stdio;

use canarytrace::prelude::*;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

/// A page that does all it does at once.
const QUICK: &str = "/practice/vitals/load?first=0&second=0";

/// How the URL of the page ends that its link leads to.
const ON: &str = "/practice/vitals/load?first=0&second=0";

async fn open(page: &Page, path: &str) -> Result {
    page.goto(path).await?;
    page.expect(test_id("done")).to_be("done").await
}

/// Its first paint is told.
const PAINTED: &str = "return performance.getEntriesByName('first-contentful-paint').length > 0";

/// A click of 100 ms and more is told.
const CLICKED: &str = "return new Promise(done => new PerformanceObserver(list => {
        if (list.getEntries().some(entry => entry.name === 'click')) done(true);
    }).observe({ type: 'event', buffered: true }))";

/// The frames of as many clicks are told.
const DRAWN: &str = "return new Promise(done => {
        let frames = 0;
        new PerformanceObserver(list => {
            frames += list.getEntries().filter(entry => entry.duration >= 150).length;
            if (frames >= arguments[0]) done(true);
        }).observe({ type: 'long-animation-frame', buffered: true });
    })";

/// Opens a page and waits until it says that it is done.
#[monitor(timeout = "3m", params(page_path = "/practice/vitals/load"))]
async fn visits(browser: &mut Browser) -> Result {
    let path = browser.param("page_path")?.to_owned();
    browser.step("visit", async |page| open(page, &path).await).await
}

/// Opens a page that says nothing.
#[monitor(timeout = "3m", params(page_path = "/practice/vitals/blank"))]
async fn looks_at(browser: &mut Browser) -> Result {
    let path = browser.param("page_path")?.to_owned();
    browser.step("look", async |page| page.goto(&path).await.map(drop)).await
}

#[monitor(timeout = "3m")]
async fn uses_the_shop(browser: &mut Browser) -> Result {
    browser
        .suite("the shop", async |browser| {
            browser
                .step("look at a lamp", async |page| {
                    page.goto("/products/lamp").await?;
                    page.wait_for_function::<bool>(PAINTED, vec![]).await?;
                    page.evaluate::<()>(
                        "performance.mark('HE-lamp', { detail: { of: 'lamp' } });
                         return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))",
                        vec![],
                    )
                    .await
                })
                .await?;
            browser
                .step("put it into the basket", async |page| {
                    page.find(test_id("add-to-basket")).click().await?;
                    page.expect(title()).to_contain("Your basket").await
                })
                .await
        })
        .await
}

/// Types something that nobody else should know, and something declared secret.
#[monitor(timeout = "3m", params(word: secret))]
async fn types(browser: &mut Browser) -> Result {
    let word = browser.param("word")?.to_owned();
    browser
        .step("type", async |page| {
            open(page, QUICK).await?;
            page.find(test_id("field")).fill("typed-by-the-user").await?;
            page.find(test_id("field")).press("Tab").await?;
            page.evaluate::<()>(
                "performance.mark(arguments[0], { detail: { word: arguments[0], at: 1 } });
                 document.querySelector('[data-test=busy]').id = arguments[0]; return null",
                vec![json!(word)],
            )
            .await?;
            page.find(test_id("busy")).click().await?;
            page.expect(test_id("worked")).to_be("1").await
        })
        .await
}

const MARKS: &str = "for (let at = 0; at < 300; at += 1) performance.mark(`left ${at}`);";

#[monitor(timeout = "3m")]
async fn leaves_by_click(browser: &mut Browser) -> Result {
    browser.step("visit", async |page| open(page, QUICK).await).await?;
    browser
        .step("leave", async |page| {
            let script = format!(
                "document.querySelector('[data-test=on]').addEventListener('click', () => {{ {MARKS} }}); return null"
            );
            page.evaluate::<()>(&script, vec![]).await?;
            page.find(test_id("on")).click().await?;
            page.wait_for_url(ON).await?;
            page.expect(test_id("done")).to_be("done").await
        })
        .await
}

#[monitor(timeout = "3m")]
async fn leaves_for_another_origin(browser: &mut Browser) -> Result {
    browser.step("visit", async |page| open(page, QUICK).await).await?;
    browser
        .step("leave", async |page| {
            let script = format!(
                "setTimeout(() => {{ {MARKS} location.href = otherOrigin() + '/practice/vitals/load?first=0&second=0&other' }}); return null"
            );
            page.evaluate::<()>(&script, vec![]).await?;
            page.wait_for_url(regex("&other$")).await?;
            page.expect(test_id("done")).to_be("done").await
        })
        .await
}

/// Leaves a page that is not there yet.
#[monitor(timeout = "3m")]
async fn changes_its_mind(browser: &mut Browser) -> Result {
    browser
        .step("visit", async |page| {
            open(page, QUICK).await?;
            page.evaluate::<()>("setTimeout(() => { location.href = '/faults/never-ends' }); return null", vec![])
                .await?;
            page.expect(css!("h1")).to_be("Never ends").await?;
            page.evaluate::<()>(&format!("{MARKS} return null"), vec![]).await?;
            page.wait_for_function::<bool>(
                "return performance.getEntriesByName('first-contentful-paint').length > 0",
                vec![],
            )
            .await?;
            open(page, "/practice/vitals/load?first=0&second=0&next").await
        })
        .await
}

#[monitor(timeout = "3m")]
async fn goes_back(browser: &mut Browser) -> Result {
    // A load of the same URL would take the place of this one in the history.
    browser.step("visit", async |page| open(page, "/practice/vitals/load?first=0&second=0&here").await).await?;
    browser
        .step("go on", async |page| {
            page.find(test_id("on")).click().await?;
            page.wait_for_url(ON).await?;
            page.expect(test_id("done")).to_be("done").await
        })
        .await?;
    browser
        .step("go back", async |page| {
            page.back().await?;
            page.find(test_id("busy")).click().await?;
            page.expect(test_id("worked")).to_be("1").await
        })
        .await
}

#[monitor(timeout = "3m")]
async fn opens_windows(browser: &mut Browser) -> Result {
    browser.step("visit", async |page| open(page, "/practice/vitals/load?first=0&second=0&opener").await).await?;
    for rel in ["opener", "noopener"] {
        browser
            .step(rel, async |page| {
                let script = "const on = document.querySelector('[data-test=on]');
                    Object.assign(on, { target: '_blank', rel: arguments[0], search: '?first=0&second=0&' + arguments[0] });
                    return null";
                page.evaluate::<()>(script, vec![json!(rel)]).await?;
                let other = page.wait_for_window(page.find(test_id("on")).click()).await?;
                other.expect(test_id("done")).to_be("done").await?;
                other.wait_for_function::<bool>(PAINTED, vec![]).await?;
                other.evaluate::<()>("performance.mark('last'); return null", vec![]).await?;
                other.close().await
            })
            .await?;
    }
    Ok(())
}

#[monitor(timeout = "3m")]
async fn looks_at_views(browser: &mut Browser) -> Result {
    browser
        .step("open", async |page| {
            page.goto("/practice/spa?after=0").await?;
            page.expect(test_id("view-title")).to_be("Home").await
        })
        .await?;
    for (link, title) in [("to-items", "Items"), ("to-about", "About")] {
        browser
            .step(title, async |page| {
                page.find(test_id(link)).click().await?;
                page.expect(test_id("view-title")).to_be(title).await
            })
            .await?;
    }
    Ok(())
}

/// Waits until an expression is true in the page.
async fn until(session: &canarytrace::devtools::Session, expression: &str) -> Result {
    for _ in 0..1000 {
        let params = json!({ "expression": expression, "returnByValue": true });
        let reply = session.send("Runtime.evaluate", params).await;
        // While the page is replaced there is nobody to ask.
        if reply.is_ok_and(|reply| reply["result"]["value"] == true) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Err(Failure::harness(format!("{expression} was never true")))
}

/// A page that overwrites `performance` and much else before it is loaded.
#[monitor(timeout = "3m")]
async fn meets_a_hostile_page(browser: &mut Browser) -> Result {
    browser
        .step("meet", async |page| {
            open(page, QUICK).await?;
            page.goto("/practice/vitals/hostile").await?;
            page.expect(test_id("done")).to_be("done").await?;
            page.expect(test_id("results")).to_be("").await
        })
        .await
}

/// Hides a page that is still loading, and has it paint something large that nobody sees.
#[monitor(timeout = "3m")]
async fn hides_while_it_loads(browser: &mut Browser) -> Result {
    browser
        .step("hide", async |page| {
            open(page, QUICK).await?;
            page.evaluate::<()>("setTimeout(() => { location.href = '/faults/never-ends' }); return null", vec![])
                .await?;
            page.expect(css!("h1")).to_be("Never ends").await?;
            page.wait_for_function::<bool>(PAINTED, vec![]).await?;
            let session = page.devtools().clone();
            let failed = |error: canarytrace::devtools::CdpError| Failure::harness(error.to_string());
            session.send("Emulation.setFocusEmulationEnabled", json!({ "enabled": false })).await.map_err(failed)?;
            page.new_window().await?;
            // The page API would bring the window to the front.
            until(&session, "document.visibilityState === 'hidden'").await?;
            let large =
                "document.body.insertAdjacentHTML('afterbegin', '<p style=\"font-size: 20em\">Unseen</p>'); true";
            until(&session, large).await
        })
        .await
}

/// Between two loads its clock is set back by an hour.
#[monitor(timeout = "3m")]
async fn loses_an_hour(browser: &mut Browser) -> Result {
    browser.step("before", async |page| open(page, "/practice/vitals/load?first=0&second=0&before").await).await?;
    browser
        .step("after", async |page| {
            let clock = std::env::var("CANARYTRACE_TEST_CLOCK").map_err(|error| Failure::harness(error.to_string()))?;
            std::fs::write(clock, "3600").map_err(|error| Failure::harness(error.to_string()))?;
            page.find(test_id("busy")).click().await?;
            page.expect(test_id("worked")).to_be("1").await?;
            page.evaluate::<bool>(CLICKED, vec![]).await?;
            open(page, "/practice/vitals/load?first=0&second=0&after").await
        })
        .await
}

/// What the package says, kept as it says it.
const REPORT: &str = "
;if (window === parent && location.protocol.startsWith('http')) {
    const seen = window.seenByWebVitals = {};
    for (const name of ['onTTFB', 'onFCP', 'onLCP', 'onCLS', 'onINP']) {
        webVitals[name](
            ({ name, value, navigationType, navigationURL, attribution }) => {
                const page = seen[`${navigationType} ${new URL(navigationURL).pathname}`] ??= {};
                page[name] = value;
                const { target, url, timeToFirstByte, resourceLoadDelay, resourceLoadDuration, elementRenderDelay,
                    inputDelay, processingDuration, presentationDelay, interactionTarget,
                    waitingDuration, cacheDuration, dnsDuration, connectionDuration, requestDuration } = attribution;
                page[name + ' parts'] = { target, url, timeToFirstByte, resourceLoadDelay, resourceLoadDuration,
                    elementRenderDelay, inputDelay, processingDuration, presentationDelay, interactionTarget,
                    waitingDuration, cacheDuration, dnsDuration, connectionDuration, requestDuration };
            },
            { reportAllChanges: true, reportSoftNavs: true },
        );
    }
}";

/// Says what the package saw once it saw all that `wanted` names.
const SAY: &str = "
    const seen = window.seenByWebVitals ?? {};
    const wanted = arguments[0];
    // What it takes for the longest interaction changes with each.
    if ((arguments[1] ?? 0) > (seen[Object.keys(wanted)[0]]?.INP ?? 0)) return false;
    if (!Object.entries(wanted).every(([page, names]) => names.every(name => name in (seen[page] ?? {})))) return false;
    console.info('web-vitals ' + JSON.stringify(seen));
    return true";

#[monitor(timeout = "3m", params(library))]
async fn is_measured_twice(browser: &mut Browser) -> Result {
    let library = std::fs::read_to_string(browser.param("library")?);
    let library = library.map_err(|error| Failure::harness(error.to_string()))?;
    browser
        .step("prepare", async |page| {
            let params = json!({ "source": format!("{library}{REPORT}") });
            let reply = page.devtools().send("Page.addScriptToEvaluateOnNewDocument", params).await;
            reply.map(drop).map_err(|error| Failure::harness(error.to_string()))
        })
        .await?;
    browser
        .step("load", async |page| {
            open(page, "/practice/vitals/load?busy=150").await?;
            for times in ["1", "2"] {
                page.find(test_id("busy")).click().await?;
                page.expect(test_id("worked")).to_be(times).await?;
            }
            let wanted = json!({ "navigate /practice/vitals/load": ["TTFB", "FCP", "LCP", "CLS", "INP"] });
            page.evaluate::<bool>(CLICKED, vec![]).await?;
            page.evaluate::<bool>(DRAWN, vec![json!(2)]).await?;
            page.wait_for_function::<bool>(SAY, vec![wanted, json!(150)]).await.map(drop)
        })
        .await?;
    browser
        .step("shop", async |page| {
            page.goto("/products/kettle").await?;
            let wanted = json!({ "navigate /products/kettle": ["TTFB", "FCP", "LCP", "CLS"] });
            page.wait_for_function::<bool>(SAY, vec![wanted]).await.map(drop)
        })
        .await
}

/// Has Lighthouse load the tab of this run: one load, which both look at.
#[monitor(timeout = "3m", params(runner, result, address))]
async fn is_loaded_by_lighthouse(browser: &mut Browser) -> Result {
    let (runner, result) = (browser.param("runner")?.to_owned(), browser.param("result")?.to_owned());
    let address = browser.param("address")?.to_owned();
    let failed = |error: &dyn std::fmt::Display| Failure::harness(format!("Lighthouse: {error}"));
    browser
        .step("audit", async |page| {
            let capabilities = page.webdriver().capabilities().cloned().unwrap_or_default();
            let devtools =
                capabilities.get("goog:chromeOptions").and_then(|options| options["debuggerAddress"].as_str());
            let devtools = devtools.ok_or_else(|| failed(&"the browser tells no DevTools address"))?;
            let websocket = canarytrace::devtools::browser_websocket(devtools).await.map_err(|error| failed(&error))?;
            let asked = json!({
                "browser": websocket,
                "url": address,
                "cookies": [],
                "flags": {
                    "logLevel": "error",
                    "onlyCategories": ["performance"],
                    "formFactor": "desktop",
                    "screenEmulation": { "disabled": true },
                    "throttlingMethod": "provided",
                    "disableFullPageScreenshot": true,
                    // It would unload the page that is being measured.
                    "disableStorageReset": true,
                },
            });
            let mut node = tokio::process::Command::new("node");
            node.arg(&runner).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
            let mut node = node.spawn().map_err(|error| failed(&error))?;
            let mut stdin = node.stdin.take().ok_or_else(|| failed(&"no input"))?;
            stdin.write_all(format!("{asked}\n").as_bytes()).await.map_err(|error| failed(&error))?;
            let output = node.wait_with_output().await.map_err(|error| failed(&error))?;
            // Until here: when its input ends, it closes the browser.
            drop(stdin);
            std::fs::write(&result, output.stdout).map_err(|error| failed(&error))
        })
        .await
}

#[monitor(timeout = "3m")]
async fn says_its_timing(browser: &mut Browser) -> Result {
    browser
        .step("say", async |page| {
            open(page, QUICK).await?;
            page.evaluate::<()>(
                "console.info('timing ' + JSON.stringify(performance.getEntriesByType('navigation')[0])); return null",
                vec![],
            )
            .await
        })
        .await
}
