//! Monitors that pass, fail, hang, panic and crash on purpose: what the end-to-end tests run, as a test target would.
//!
//! They visit the practice site, so that a test needs nothing but this binary.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use canarytrace::prelude::*;

fn main() -> ExitCode {
    canarytrace::main()
}

/// Opens the shop and is content.
#[monitor(tags = ["quick", "shop"], schedule = "*/5 * * * *", budget(run <= "60s", step("open the shop") <= "60s"))]
async fn passes(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            page.expect(title()).to_be("Practice shop").await
        })
        .await
}

#[monitor]
async fn nested_suites(browser: &mut Browser) -> Result {
    browser
        .suite("the shop", async |browser| {
            browser
                .step("open", async |page| {
                    page.goto("/").await?;
                    page.step("look at the title", async |page| page.expect(title()).to_be("Practice shop").await).await
                })
                .await?;
            browser
                .suite("the basket", async |browser| {
                    browser.step("open", async |page| page.goto("/basket").await.map(drop)).await
                })
                .await
        })
        .await
}

#[monitor]
async fn fails_an_expectation(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            page.expect(title()).to_be("Another shop").await
        })
        .await?;
    browser.step("never reached", async |_page| Ok(())).await
}

#[monitor]
async fn misses_an_element(browser: &mut Browser) -> Result {
    browser
        .step("click what is not there", async |page| {
            page.goto("/").await?;
            page.find(css!("#no-such-element")).click().await
        })
        .await
}

#[monitor]
async fn answers_500(browser: &mut Browser) -> Result {
    browser.step("open a broken page", async |page| page.goto("/faults/status/500").await.map(drop)).await
}

#[monitor]
async fn panics(browser: &mut Browser) -> Result {
    browser
        .step("count", async |page| {
            page.goto("/").await?;
            let items = 1;
            assert_eq!(items, 2, "the basket is wrong");
            Ok(())
        })
        .await
}

#[expect(clippy::unused_async, reason = "a monitor is async, and this one has nothing to wait for")]
#[monitor]
async fn returns_a_foreign_error(_browser: &mut Browser) -> Result {
    let _number: i32 = "lamp".parse()?;
    Ok(())
}

#[monitor(timeout = "2s")]
async fn is_too_slow(browser: &mut Browser) -> Result {
    browser
        .step("wait for ever", async |page| {
            page.goto("/").await?;
            std::future::pending().await
        })
        .await
}

#[monitor(timeout = "2s", retries = 3)]
async fn blocks_its_thread(browser: &mut Browser) -> Result {
    browser
        .step("block", async |page| {
            page.goto("/").await?;
            std::thread::sleep(Duration::from_hours(1));
            Ok(())
        })
        .await
}

#[monitor]
async fn has_a_slow_step(browser: &mut Browser) -> Result {
    let slow = browser
        .step("wait for ever", async |page| {
            page.goto("/").await?;
            std::future::pending::<Result>().await
        })
        .timeout(Duration::from_secs(1))
        .await;
    // The journey may go on after a step that failed.
    browser.step("look again", async |page| page.expect(title()).to_be("Practice shop").await).await?;
    slow
}

static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

#[monitor(retries = 2)]
async fn passes_at_the_second_attempt(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            let wanted = if ATTEMPTS.fetch_add(1, Ordering::Relaxed) == 0 { "Another shop" } else { "Practice shop" };
            page.expect(title()).to_be(wanted).await
        })
        .await
}

#[monitor(retries = 1)]
async fn never_passes(browser: &mut Browser) -> Result {
    browser.step("fail", async |_page| -> Result { Err(std::io::Error::other("no luck").into()) }).await
}

#[monitor(enabled = false)]
async fn disabled(browser: &mut Browser) -> Result {
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await
}

#[monitor(budget(run <= "1ms", step("pay") <= "1s"))]
async fn breaks_its_budget(browser: &mut Browser) -> Result {
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await
}

/// Four requests, one of them answered with 404, and an error in the console.
async fn open_and_ask(browser: &mut Browser) -> Result {
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await?;
    browser
        .step("ask", async |page| {
            let script = "await fetch('/api/status/404'); console.error('so it goes'); await fetch('/api/text');";
            page.evaluate::<()>(script, vec![]).await
        })
        .await
}

#[monitor(budget(
    run <= "60s", requests <= 200, transfer <= "20MB", failed_requests <= 2, step("ask").requests <= 2,
    step("ask").console_errors <= 5, step("open the shop").failed_requests <= 0, warn(console_errors <= 9),
))]
async fn keeps_its_budgets(browser: &mut Browser) -> Result {
    open_and_ask(browser).await
}

#[monitor(budget(
    requests <= 1, transfer <= "10B", step("ask").failed_requests <= 0, step("ask").requests <= 2,
    mark("HE-none") <= "2s", warn(step("ask").console_errors <= 0),
))]
async fn breaks_several_budgets(browser: &mut Browser) -> Result {
    open_and_ask(browser).await
}

#[monitor(budget(run <= "60s", warn(requests <= 1, step("ask").failed_requests <= 0)))]
async fn breaks_a_warning(browser: &mut Browser) -> Result {
    open_and_ask(browser).await
}

#[monitor(budget(requests <= 5))]
async fn opens_nothing_but_has_a_budget(browser: &mut Browser) -> Result {
    browser.step("think", async |_page| Ok(())).await
}

#[expect(clippy::unused_async, reason = "a monitor is async, and this one has nothing to wait for")]
#[monitor(budget(lcp <= "2.5s"))]
async fn has_no_browser_but_a_budget_of_one(_api: &mut Api) -> Result {
    Ok(())
}

/// Twice in its page: with an empty cache each time, if the browser is a fresh one.
#[monitor(iterations = 3, budget(step("open the shop") <= "60s", requests <= 200))]
async fn goes_round(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            let before: bool = page.evaluate("return localStorage.getItem('seen') !== null", vec![]).await?;
            assert!(!before, "each iteration has a browser of its own");
            page.evaluate::<()>("localStorage.setItem('seen', '1')", vec![]).await
        })
        .await
}

static ROUNDS: AtomicU32 = AtomicU32::new(0);

#[monitor(iterations = 3)]
async fn fails_in_its_second_iteration(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            let wanted = if ROUNDS.fetch_add(1, Ordering::Relaxed) == 1 { "Another shop" } else { "Practice shop" };
            page.expect(title()).to_be(wanted).await
        })
        .await
}

#[monitor(throttle = "latency=150 cpu=2")]
async fn is_slowed_down(browser: &mut Browser) -> Result {
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await?;
    browser
        .step("go on unhindered", async |page| {
            page.throttle("none").await?;
            page.goto("/").await.map(drop)
        })
        .await?;
    browser
        .step("stay away", async |page| {
            page.offline(true).await?;
            page.goto("/").await.map(drop)
        })
        .await
}

#[monitor(throttle = "latency=300")]
async fn slows_its_workers_down(browser: &mut Browser) -> Result {
    browser
        .step("open", async |page| {
            page.goto("/practice/recording/workers").await?;
            page.expect(test_id("done")).to_be("done").await
        })
        .await
}

#[monitor(params(fixture_user = "ada", fixture_password: secret, fixture_count = "2"))]
async fn leaks_its_secret(browser: &mut Browser) -> Result {
    let secret = browser.param("fixture_password")?.to_owned();
    let count: u32 = browser.param_as("fixture_count")?;
    assert_eq!((browser.param("fixture_user")?, count), ("ada", 2));
    browser
        .step(format!("type {secret}"), async |page| {
            page.goto(&format!("/search?q={secret}")).await?;
            page.expect(css!("body")).to_contain(&format!("not there, but {secret} is")).await
        })
        .await
}

/// Waits in a step until somebody kills something; the page works so that a dead browser is not just a quiet one.
#[monitor(timeout = "120s")]
async fn waits(browser: &mut Browser) -> Result {
    browser
        .step("wait", async |page| {
            page.goto("/").await?;
            println!("waiting");
            loop {
                page.title().await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
}

/// Waits without asking the browser for anything.
#[monitor(timeout = "120s")]
async fn waits_without_asking(browser: &mut Browser) -> Result {
    browser
        .step("wait", async |page| {
            page.goto("/").await?;
            println!("waiting");
            std::future::pending().await
        })
        .await
}

#[monitor]
async fn crashes_its_tab(browser: &mut Browser) -> Result {
    browser.step("crash", async |page| page.navigate("chrome://crash").await.map(drop)).await
}

#[monitor]
async fn meets_a_dialog(browser: &mut Browser) -> Result {
    browser.step("open a page with a dialog", async |page| page.goto("/faults/alert").await.map(drop)).await
}

#[monitor]
async fn loses_its_window(browser: &mut Browser) -> Result {
    browser
        .step("open a page that closes itself", async |page| {
            page.goto("/faults/closes-itself").await?;
            page.expect(title()).to_be("Still here").await
        })
        .await
}

#[monitor(device = "mobile")]
async fn is_mobile(browser: &mut Browser) -> Result {
    browser
        .step("look at the screen", async |page| {
            page.goto("/").await?;
            let seen: (u32, u32, bool) =
                page.evaluate("return [innerWidth, screen.height, navigator.maxTouchPoints > 0]", vec![]).await?;
            assert_eq!(seen, (360, 640, true));
            Ok(())
        })
        .await
}

/// The page closes its window while the monitor only looks on.
#[monitor]
async fn looks_on_as_its_window_closes(browser: &mut Browser) -> Result {
    browser
        .step("look at a page that closes itself", async |page| {
            page.goto("/").await?;
            page.evaluate::<()>("setTimeout(() => window.close(), 200)", vec![]).await?;
            page.expect(title()).to_be("Another shop").await
        })
        .await
}

/// Clicks while the page closes its window.
#[monitor]
async fn clicks_as_its_window_closes(browser: &mut Browser) -> Result {
    browser
        .step("click on a page that closes itself", async |page| {
            page.goto("/").await?;
            page.evaluate::<()>("setTimeout(() => window.close(), 200)", vec![]).await?;
            page.find(css!("#no-such-element")).click().await
        })
        .await
}

#[monitor]
async fn sends_extra_headers(browser: &mut Browser) -> Result {
    browser
        .step("look at the headers", async |page| {
            page.goto("/faults/headers").await?;
            page.expect(css!("[data-test=header-x-canary]")).to_be("yellow; small").await?;
            page.expect(css!("[data-test=header-x-second]")).to_be("two").await
        })
        .await
}

#[monitor]
async fn is_let_in(browser: &mut Browser) -> Result {
    browser
        .step("open a page behind basic authentication", async |page| {
            page.goto("/faults/basic-auth").await?;
            page.expect(css!("[data-test=basic-auth-user]")).to_be("ada").await
        })
        .await
}

/// The function of a route panics; the page gets its answer all the same.
#[monitor]
async fn has_a_route_that_panics(browser: &mut Browser) -> Result {
    browser
        .step("ask", async |page| {
            page.route("/api/text", Route::with(async |_request| panic!("no route today"))).await?;
            page.goto("/").await?;
            let script = "return fetch('/api/text').then(answer => answer.status)";
            assert_eq!(page.evaluate::<u16>(script, vec![]).await?, 200);
            Ok(())
        })
        .await
}

/// Shows the password that every monitor may use.
#[monitor(params(user, pass: secret))]
async fn shows_the_password(browser: &mut Browser) -> Result {
    let (user, password) = (browser.param("user")?.to_owned(), browser.param("pass")?.to_owned());
    browser
        .step(format!("{user} shows the password {password}"), async |page| {
            page.goto(&format!("/search?q={password}")).await?;
            page.expect(title()).to_be(&format!("not there, but {password} is")).await
        })
        .await
}

/// Goes on after soft failures, to a step that passes.
#[monitor]
async fn notes_soft_failures(browser: &mut Browser) -> Result {
    browser
        .suite("the shop", async |browser| {
            browser
                .step("look twice", async |page| {
                    page.goto("/").await?;
                    page.expect_soft(title()).to_be("Another shop").await?;
                    page.step("look closer", async |page| page.expect_soft(title()).to_be("A third shop").await).await
                })
                .await?;
            browser.step("look again", async |page| page.expect_soft(title()).to_be("Practice shop").await).await
        })
        .await
}

/// A soft failure outside every step, then a hard one.
#[monitor]
async fn fails_softly_then_hard(browser: &mut Browser) -> Result {
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await?;
    browser.expect_soft(title()).to_be("Another shop").await?;
    browser.step("click what is not there", async |page| page.find(css!("#no-such-element")).click().await).await
}

static SOFT_ATTEMPTS: AtomicU32 = AtomicU32::new(0);

/// What the first attempt noted is forgotten in the second.
#[monitor(retries = 1)]
async fn fails_softly_at_first(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            let first = SOFT_ATTEMPTS.fetch_add(1, Ordering::Relaxed) == 0;
            page.expect_soft(title()).to_be(if first { "Another shop" } else { "Practice shop" }).await
        })
        .await
}

/// Puts its secrets wherever a page or a journey can have them, plain and encoded, and fails with them.
#[monitor(retries = 1, params(leaked_password: secret, leaked_otp: totp))]
async fn leaks_everywhere(browser: &mut Browser) -> Result {
    let secret = browser.param("leaked_password")?.to_owned();
    let code = browser.totp("leaked_otp").await?;
    // So that the test knows what to look for; it lies beside the data folder.
    std::fs::write("code.txt", &code)?;
    let both = format!("{secret} {code}");
    let query: String = url::form_urlencoded::byte_serialize(both.as_bytes()).collect();
    browser
        .suite(format!("suite {both}"), async |browser| {
            browser
                .step(format!("step {both}"), async |page| {
                    page.goto(&format!("/search?q={query}#{query}")).await?;
                    page.evaluate::<()>(PLANT, vec![both.as_str().into()]).await?;
                    page.find(css!("#q")).fill(&both).await
                })
                .await?;
            let missed = browser
                .step(format!("look for {both}"), async |page| {
                    page.expect(css!("h1")).to_be(&format!("{both} is not there")).await
                })
                .await;
            let refused = browser
                .step("open a URL that refuses", async |page| {
                    page.goto(&format!("http://ada:{code}@127.0.0.1:1/{query}?next={query}")).await.map(drop)
                })
                .await;
            assert!(missed.is_err() && refused.is_err());
            browser
                .step(format!("panic with {both}"), async |page| -> Result {
                    page.goto("/").await?;
                    page.evaluate::<()>(PLANT, vec![both.as_str().into()]).await?;
                    assert_eq!(page.title().await?, "", "the title of {both}");
                    Ok(())
                })
                .await
        })
        .await
}

/// Shows a text in every place of a page, in several encodings.
const PLANT: &str = r#"
    const [secret] = arguments;
    const base64 = btoa(String.fromCharCode(...new TextEncoder().encode("ada:" + secret)));
    const forms = [secret, encodeURIComponent(secret), base64, JSON.stringify({ x: secret }), JSON.stringify(JSON.stringify([secret]))];
    document.title = forms.join(" | ");
    document.querySelector("h1").textContent = forms.join(" | ");
    for (const form of forms) {
        console.error(form);
        const input = document.createElement("input");
        input.setAttribute("value", form);
        input.setAttribute("data-form", form);
        document.body.append(input, document.createComment(form));
        const script = document.createElement("script");
        script.type = "application/json";
        script.textContent = JSON.stringify({ form });
        const link = document.createElement("a");
        link.href = "/?q=" + encodeURIComponent(form);
        document.body.append(script, link);
    }
    location.hash = encodeURIComponent(secret);
"#;

/// Reads parameters of every type.
#[monitor(params(
    typed_count: u32 = 3, typed_offset: i16 = -2, typed_ratio: f64 = 0.5, typed_verbose: bool = false,
    typed_pause: duration = "2s", typed_home: url = "https://shop.example", typed_otp: totp = "JBSWY3DPEHPK3PXP",
))]
async fn reads_typed_params(browser: &mut Browser) -> Result {
    let pause: Duration = browser.param_as("typed_pause")?;
    let home: url::Url = browser.param_as("typed_home")?;
    let code = browser.totp("typed_otp").await?;
    assert_eq!((code.len(), code.parse::<u32>().is_ok()), (6, true));
    let seen = format!(
        "{} {} {} {} {pause:?} {home}",
        browser.param_as::<u32>("typed_count")?,
        browser.param_as::<i16>("typed_offset")?,
        browser.param_as::<f64>("typed_ratio")?,
        browser.param_as::<bool>("typed_verbose")?,
    );
    browser.step(seen, async |_page| Ok(())).await?;
    browser.param("typed_otp").map(drop)
}

/// Asks an API in every way there is.
#[monitor(tags = ["api"], budget(run <= "60s", step("list the products") <= "60s"))]
async fn the_api_answers(api: &mut Api) -> Result {
    let id = api
        .suite("products", async |api| {
            api.step("list the products", async |api| {
                let response = api.get("/api/products").query("q", "a lamp & more").await?;
                response.expect(status()).to_be(200)?;
                response.expect(header("Content-Type")).to_contain("json")?;
                response.expect(header("x-other")).not().to_exist()?;
                response.expect(json_path("$.query")).to_be("/api/products?q=a+lamp+%26+more")?;
                response.expect(json_path("$.items[0].name")).to_be("Lamp")?;
                response.expect(json_path("$.items[*]")).to_have_count(2)?;
                response.expect(json_path("$.items[?@.price < 10].name")).to_match("^T.*e$")?;
                response.expect(json_path("$.items[*].name")).to_contain("able")?;
                response.expect(json_path("$.items[0].price")).to_be_below(20)?;
                response.expect(json_path("$.items[0]")).to_contain(serde_json::json!({"id": 7}))?;
                response.expect(json_path("$.items[0].price")).not().to_be(1)?;
                response.expect(body()).not().to_contain("error")?;
                response.expect(timing(Phase::Total)).to_be_below("1m")?;
                response.expect(timing(Phase::Total)).to_be_above(0)?;
                let timings = response.timings();
                let order =
                    [timings.name_lookup, timings.connect, timings.pre_transfer, timings.first_byte, timings.total];
                assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{timings:?}");
                assert_eq!(timings.phase(Phase::Tls), None);
                assert_eq!(response.body_size(), response.bytes()?.len() as u64);
                response.json_path("$.items[0].id")?.as_u64().ok_or_else(|| Failure::harness("no number"))
            })
            .await
        })
        .await?;
    api.step("send what there is to send", async |api| {
        let seen = api.post("/api/echo").json(&serde_json::json!({ "id": id })).bearer("t0ken").await?;
        seen.expect(json_path("$.method")).to_be("POST")?;
        seen.expect(json_path("$.body")).to_be("{\"id\":7}")?;
        seen.expect(json_path("$.headers['content-type']")).to_be("application/json")?;
        seen.expect(json_path("$.headers.authorization")).to_be("Bearer t0ken")?;
        // Those of the options, for the origin of BASE_URL.
        seen.expect(json_path("$.headers['x-canary']")).to_be("yellow")?;
        let seen = api.put("/api/echo").form([("user", "a b"), ("pass", "&")]).basic("ada", "hunter2").await?;
        seen.expect(json_path("$.body")).to_be("user=a+b&pass=%26")?;
        seen.expect(json_path("$.headers.authorization")).to_be("Basic YWRhOmh1bnRlcjI=")?;
        let seen = api.patch("/api/echo").body("plain").header("Content-Type", "text/x-plain").await?;
        seen.expect(json_path("$.headers['content-type']")).to_be("text/x-plain")?;
        // Nothing said: the credentials of the options.
        seen.expect(json_path("$.headers.authorization")).to_be("Basic dTpwYXNzd29yZA==")?;
        let seen = api.delete("/api/echo").await?;
        seen.expect(json_path("$.method")).to_be("DELETE")?;
        let seen = api.request("QUERY", "/api/echo").await?;
        seen.expect(json_path("$.method")).to_be("QUERY")?;
        let seen = api.head("/api/products").await?;
        seen.expect(status()).to_be(200)?;
        assert_eq!(seen.body_size(), 0);
        Ok(())
    })
    .await?;
    api.step("follow redirects", async |api| {
        let there = api.post("/redirect/302").body("x").await?;
        there.expect(json_path("$.method")).to_be("GET")?;
        assert!(there.url().ends_with("/api/echo") && there.timings().redirect.is_some(), "{there:?}");
        let there = api.post("/redirect/307").body("x").await?;
        there.expect(json_path("$.method")).to_be("POST")?;
        there.expect(json_path("$.body")).to_be("x")?;
        let here = api.get("/redirect/302").follow_redirects(0).await?;
        here.expect(status()).to_be(302)?;
        here.expect(header("location")).to_be("/api/echo")
    })
    .await?;
    api.step("wait for what comes later", async |api| {
        api.poll(Duration::from_mins(1), async |api| api.get("/api/later").await?.expect(status()).to_be(200)).await
    })
    .await
}

/// Asks for what a test wants, and for the answer to be 200 and to have an item.
#[monitor(params(fixture_url, fixture_path = "$.items[0].name", fixture_limit = "60000"))]
async fn an_api_fails(api: &mut Api) -> Result {
    api.step("ask", async |api| {
        let limit = Duration::from_millis(api.param_as("fixture_limit")?);
        let response = api.get(api.param("fixture_url")?).timeout(limit).await?;
        response.expect(status()).to_be(200)?;
        response.expect(json_path(api.param("fixture_path")?)).to_be("Lamp")
    })
    .await
}

/// Reads a body that is larger than what is kept, whose end nobody needs.
#[monitor]
async fn reads_a_large_body(api: &mut Api) -> Result {
    api.step("read it", async |api| {
        let response = api.get("/big").await?;
        assert_eq!(response.body_size(), 50_000_000);
        let refused = response.text().unwrap_err();
        assert!(refused.message.contains("of 50000000 bytes, of which only the first 16777216 are kept"), "{refused}");
        let whole = api.get("/big").keep(60_000_000).await?;
        assert_eq!(whole.text()?.len(), 50_000_000);
        Ok(())
    })
    .await
}

/// Notes what is wrong and goes on.
#[monitor(retries = 1)]
async fn an_api_fails_softly(api: &mut Api) -> Result {
    api.step("ask", async |api| {
        let response = api.get("/api/products").await?;
        response.expect_soft(status()).to_be(201)?;
        response.expect_soft(json_path("$.nothing")).not().to_be("Lamp")?;
        response.expect(status()).to_be(200)
    })
    .await?;
    api.step("go on", async |_api| Ok(())).await
}

/// A request beside those of the browser.
#[monitor]
async fn asks_beside_the_browser(browser: &mut Browser) -> Result {
    browser
        .step("ask and look", async |page| {
            let response = page.api().get("/").await?;
            response.expect(status()).to_be(200)?;
            response.expect(body()).to_contain("<title>Practice shop</title>")?;
            page.goto("/").await?;
            page.expect(title()).to_be("Practice shop").await
        })
        .await
}

/// Is paused for longer than its step may take, and passes all the same.
#[monitor]
async fn is_looked_at(browser: &mut Browser) -> Result {
    browser
        .step("around", async |browser| {
            browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await?;
            browser.step("look again", async |page| page.expect(title()).to_be("Practice shop").await).await
        })
        .timeout(Duration::from_secs(10))
        .await
}

/// Draws a box of the colour in `box_colour`, which looks as in its screenshot or not.
#[monitor(params(box_colour = "teal", box_width: u32 = 60, box_tolerance: f64 = 0))]
async fn looks_as_before(browser: &mut Browser) -> Result {
    let colour = browser.param("box_colour")?.to_owned();
    let width: u32 = browser.param_as("box_width")?;
    let tolerance = Tolerance::pixels(browser.param_as("box_tolerance")?);
    let draw = "document.body.innerHTML = `<div id=box style=\"width: ${arguments[1]}px; height: 20px; background: white\">\
        <div style=\"width: 30px; height: 10px; background: ${arguments[0]}\"></div></div>`";
    browser
        .step("look", async |page| {
            page.goto("/").await?;
            page.evaluate::<()>(draw, vec![colour.into(), width.into()]).await?;
            page.expect(css("#box")).to_match_screenshot_within("shop/box", tolerance).await
        })
        .await
}

/// Three actions that `SLOWMO` makes slow.
#[monitor]
async fn acts_three_times(browser: &mut Browser) -> Result {
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await?;
    browser
        .step("search", async |page| {
            let search = page.find(role(Role::Searchbox, any()));
            search.fill("lamp").await?;
            search.clear().await?;
            search.hover().await
        })
        .await
}

/// Fails in a window beside the first one.
#[monitor]
async fn fails_in_a_second_window(browser: &mut Browser) -> Result {
    browser
        .step("look into a second window", async |page| {
            page.goto("/").await?;
            let second = page.new_window().await?;
            second.goto("/login").await?;
            second.expect(title()).to_be("Another page").await
        })
        .await
}

/// Visits every page to practise on, and uses those where something else than the page makes requests.
#[monitor(timeout = "4m")]
async fn visits_every_practice_page(browser: &mut Browser) -> Result {
    // The page itself may have looked a moment too early.
    const ACTIVE: &str = "return navigator.serviceWorker.ready.then(registration => \
        registration.active.state === 'activated' && navigator.serviceWorker.controller !== null)";
    const LINKS: &str = "return [...document.querySelectorAll('th a')].map(link => link.getAttribute('href'))";
    let mut paths: Vec<String> =
        ["/", "/search?q=lamp", "/products/lamp", "/basket", "/login"].map(str::to_owned).into();
    browser
        .step("read the index", async |page| {
            page.goto("/practice/").await?;
            paths.extend(page.evaluate::<Vec<String>>(LINKS, vec![]).await?);
            Ok(())
        })
        .await?;
    for fault in
        ["console", "throws", "rejects", "missing-resource", "refused-resource", "broken-resource", "redirect/3"]
    {
        paths.push(format!("/faults/{fault}"));
    }
    for path in &paths {
        browser.step(path.as_str(), async |page| page.goto(path).await.map(drop)).await?;
    }
    browser
        .step("workers", async |page| {
            page.goto("/practice/worker").await?;
            page.find(test_id("compute")).click().await?;
            page.expect(test_id("primes")).to_be("9592").await?;
            page.find(test_id("worker-throws")).click().await?;
            page.find(test_id("worker-fetch")).click().await?;
            page.expect(test_id("worker-error")).not().to_be("none").await?;
            page.expect(test_id("worker-answer")).not().to_be("not asked").await?;
            page.goto("/practice/service-worker").await?;
            page.find(test_id("register")).click().await?;
            page.wait_for_function::<bool>(ACTIVE, vec![]).await?;
            page.find(test_id("ask")).click().await?;
            page.expect(test_id("answer")).to_be("from the service worker").await
        })
        .await?;
    browser
        .step("streams", async |page| {
            page.goto("/practice/websocket?every=10&count=5").await?;
            page.find(test_id("connect")).click().await?;
            page.expect(test_id("state")).to_be("open").await?;
            page.find(test_id("message")).fill("hello").await?;
            page.find(test_id("send")).click().await?;
            page.expect(test_id("echo")).to_contain("hello").await?;
            page.find(test_id("disconnect")).click().await?;
            page.goto("/practice/events?every=10").await?;
            page.find(test_id("start")).click().await?;
            page.expect(test_id("last")).to_be("10").await
        })
        .await?;
    browser
        .step("another window", async |page| {
            page.goto("/practice/windows").await?;
            let popup = page.wait_for_window(page.find(test_id("open-popup")).click()).await?;
            popup.wait_for_load().await?;
            popup.evaluate::<()>("console.log('said in the popup')", vec![]).await?;
            popup.close().await
        })
        .await?;
    browser
        .step("the last words", async |page| {
            page.goto("/practice/frames").await?;
            page.evaluate::<()>("console.log('the last words')", vec![]).await
        })
        .await
}

/// Visits a page that begins by itself and says when it is done; afterwards the page may be lost in some way.
#[monitor(timeout = "300s", params(page_path = "/practice/recording/console", page_end = "stays"))]
async fn visits_a_busy_page(browser: &mut Browser) -> Result {
    let path = browser.param("page_path")?.to_owned();
    let end = browser.param("page_end")?.to_owned();
    browser
        .step("visit", async |page| {
            page.goto(&path).await?;
            page.expect(css!("[data-test=done]")).to_be("done").await
        })
        .await?;
    browser
        .step("afterwards", async |page| match end.as_str() {
            "crashes" => page.navigate("chrome://crash").await.map(drop),
            "waits" => {
                println!("waiting");
                std::future::pending().await
            }
            "fails" => page.expect(title()).not().to_match(".*").await,
            _ => Ok(()),
        })
        .await
}

/// Uses the shop, and does beside it what pages do: sends a form and JSON, writes to the console, fails.
#[monitor]
async fn uses_the_shop(browser: &mut Browser) -> Result {
    const QUIET: Duration = Duration::from_millis(200);
    const TELL: &str = "console.info('%s: %d', 'lamps', 2, { in: 'the basket' });
        console.assert(1 > 2, 'no discount');
        setTimeout(() => { throw new TypeError('no receipt'); }, 0);
        const body = JSON.stringify({ title: 'order', lines: [{ product: 'lamp', quantity: 2 }] });
        return fetch('/api/echo', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
            .then(answer => answer.text())
            .then(() => fetch('/api/status/404'))
            .then(answer => answer.text().then(() => answer.status))";
    browser
        .step("look at a lamp", async |page| {
            page.goto("/products/lamp").await?;
            page.wait_for_network_idle(QUIET).await
        })
        .await?;
    browser
        .step("put two into the basket", async |page| {
            page.find(test_id("quantity")).fill("2").await?;
            page.find(test_id("add-to-basket")).click().await?;
            page.expect(title()).to_contain("Your basket").await?;
            page.wait_for_network_idle(QUIET).await
        })
        .await?;
    browser
        .step("tell of it", async |page| {
            assert_eq!(page.evaluate::<u16>(TELL, vec![]).await?, 404);
            Ok(())
        })
        .await
}

/// Opens the page about coverage, uses more of it, leaves it and comes back.
#[monitor(timeout = "300s", params(page_path = "/practice/coverage"))]
async fn uses_some_code(browser: &mut Browser) -> Result {
    let path = browser.param("page_path")?.to_owned();
    browser
        .step("open", async |page| {
            page.goto(&path).await?;
            page.expect(test_id("done")).to_be("done").await
        })
        .await?;
    browser
        .step("use more", async |page| {
            page.find(test_id("more")).click().await?;
            page.expect(test_id("done")).to_be("more").await
        })
        .await?;
    browser
        .step("use and leave", async |page| {
            page.goto("/practice/coverage?again").await?;
            page.expect(test_id("done")).to_be("done").await?;
            page.evaluate::<()>("later(false)", vec![]).await?;
            page.find(test_id("next")).click().await?;
            page.expect(test_id("done")).to_be("next").await
        })
        .await
}

/// Asks by itself what a page uses.
#[monitor]
async fn takes_coverage(browser: &mut Browser) -> Result {
    browser
        .step("ask", async |page| {
            let error = page.take_coverage().await.expect_err("nobody began with it");
            assert!(error.message.contains("call start_coverage"), "{error}");
            page.start_coverage().await?;
            page.goto("/practice/coverage").await?;
            page.expect(test_id("done")).to_be("done").await?;
            page.evaluate::<()>("debugger; later(true)", vec![]).await?;
            page.goto("/practice/coverage/next").await?;
            page.expect(test_id("done")).to_be("next").await?;
            let sources = page.take_coverage().await?;
            for source in &sources {
                println!("{} {} {} {}", source.kind.name(), source.url, source.total, source.unused());
            }
            let again = page.take_coverage().await?;
            assert!(again.iter().all(|source| source.page.ends_with("/next")), "{again:#?}");
            Ok(())
        })
        .await
}

/// Its page is busy for ever when the step ends.
#[monitor(timeout = "120s")]
async fn leaves_a_busy_page(browser: &mut Browser) -> Result {
    browser
        .step("loop", async |page| {
            page.goto("/practice/coverage").await?;
            page.evaluate::<()>("setTimeout(() => { for (;;); }, 0)", vec![]).await
        })
        .await
}

/// Asks the target, and another origin that lets it read the answer.
#[monitor]
async fn asks_two_origins(browser: &mut Browser) -> Result {
    const ASK: &str = "const shared = '/practice/recording/shared';
        const other = otherOrigin() + shared;
        return Promise.all([shared, other].map(url => fetch(url).then(answer => answer.text()))).then(() => other)";
    browser
        .step("ask", async |page| {
            page.goto("/practice/recording/requests?only=get").await?;
            page.evaluate::<String>(ASK, vec![]).await.map(drop)
        })
        .await
}

canarytrace::object! {
    /// Orders that the fixture pretends to see.
    pub struct Order = "fixture-orders" {
        /// Number that the shop gave it.
        number: String => "number": Keyword,
        /// What is to be paid, CZK.
        total: f64 => "total": Double,
        /// What a customer wrote.
        note: Option<String> => "note": TextRaw,
        /// What is in it.
        lines: Vec<OrderLine> => "lines": Object(OrderLine::FIELDS),
        /// How long the confirmation took, ms.
        took: u32 => "timing.confirmed": Long,
    }
}

canarytrace::object! {
    /// A line of an order.
    pub struct OrderLine {
        /// Name of the product.
        product: String => "product": KeywordKeyword,
        /// How many.
        quantity: u32 => "quantity": Long,
    }
}

fn order(number: &str, note: Option<String>) -> Order {
    let lines = vec![OrderLine { product: "Desk lamp".into(), quantity: 2 }];
    Order { number: number.into(), total: 1290.5, note, lines, took: 250 }
}

/// Saves documents of its own, within steps and outside of them.
#[monitor(params(card: secret = "4111 1111 1111 1111"))]
async fn saves_orders(api: &mut Api) -> Result {
    api.save(&order("1", None)).await?;
    let card = api.param("card")?.to_owned();
    api.step("order", async |api| api.save(&order("2", Some(format!("paid with {card}")))).await).await
}

/// Saves a document of its own while a page is open.
#[monitor]
async fn saves_an_order_of_a_page(browser: &mut Browser) -> Result {
    browser
        .step("order", async |browser| {
            browser.goto("/").await?;
            browser.save(&order("3", None)).await
        })
        .await
}

/// Audits a page that only a customer who is logged in sees, and goes on where it was.
#[monitor(params(page = "/checkout"))]
async fn audits_on_the_way(browser: &mut Browser) -> Result {
    let audited = browser.param("page")?.to_owned();
    browser
        .step("log in with a full basket", async |page| {
            page.goto("/products/lamp").await?;
            page.find(test_id("add-to-basket")).click().await?;
            page.goto("/checkout").await?;
            page.find(label("E-mail address")).fill("ada@example.com").await?;
            page.find(label("Password")).fill("correct horse battery staple").await?;
            page.find(role(Role::Button, "Log in")).click().await?;
            page.expect(url()).to_contain("/checkout").await?;
            page.find(label("Name")).fill("Ada Lovelace").await
        })
        .await?;
    println!("waiting");
    if let Some(audit) = browser.audit(&audited).await? {
        println!("audited by {}: {:?}", audit.source, audit.score("first-contentful-paint"));
    }
    browser
        .step("everything is as it was", async |page| {
            page.expect(label("Name")).to_have_value("Ada Lovelace").await?;
            page.find(label("Street")).fill("12 St James's Square").await?;
            page.goto("/basket").await?;
            page.expect(test_id("basket-count")).to_contain("1").await
        })
        .await
}
