//! The same journey written directly against fantoccini: what a person would write who wants nothing but the journey.
//!
//! Same binaries, flags, page loads and things waited for as [the monitor](super::journey); no documents, no evidence,
//! no watching over the browser. It starts chromedriver itself, and ends it and the browser.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The plan in JSON, for a process that is to run the journey.
pub(crate) const PLAN_VARIABLE: &str = "BENCH_DIRECT_PLAN";

/// As often as a monitor looks.
const POLL: Duration = Duration::from_millis(40);

/// What the process is told.
pub(crate) struct Plan<'a> {
    pub(crate) browser: &'a str,
    pub(crate) driver: &'a str,
    pub(crate) args: &'a [String],
    pub(crate) base_url: &'a str,
}

impl Plan<'_> {
    pub(crate) fn json(&self) -> String {
        // The tab at the beginning is empty, as a monitor's is: else it is the new-tab page, which costs seconds.
        let prefs = json!({ "session.restore_on_startup": 4, "session.startup_urls": ["about:blank"] });
        json!({
            "driver": self.driver,
            "base_url": self.base_url,
            "capabilities": {
                "browserName": "chrome",
                "goog:chromeOptions": { "binary": self.browser, "args": self.args, "prefs": prefs },
            },
        })
        .to_string()
    }
}

/// Runs the journey of `plan` and prints how long its stages took: a line of JSON, ms.
pub(crate) fn run(plan: &str) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(journey(plan))
}

async fn journey(plan: &str) -> Result<()> {
    let plan: Value = serde_json::from_str(plan)?;
    let text = |name: &str| plan[name].as_str().with_context(|| format!("the plan has no {name}"));
    let base_url = text("base_url")?;

    let started = Instant::now();
    // chromedriver makes the profile below it, and does not always manage to remove it again.
    let temporary = tempfile::tempdir()?;
    let (mut driver, address) = start_driver(text("driver")?, temporary.path()).await?;
    let capabilities: Capabilities = serde_json::from_value(plan["capabilities"].clone())?;
    let client = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&address).await?;
    let start = started.elapsed();

    let started = Instant::now();
    let walked = find_a_lamp(&client, base_url).await;
    let steps = started.elapsed();

    let started = Instant::now();
    client.close().await?;
    driver.kill().await?;
    remove(temporary.path()).await?;
    let end = started.elapsed();

    walked?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    println!("{}", json!({ "start": ms(start), "steps": ms(steps), "end": ms(end) }));
    Ok(())
}

async fn start_driver(program: &str, temporary: &Path) -> Result<(Child, String)> {
    let mut command = Command::new(program);
    command.arg("--port=0").env("TMPDIR", temporary).kill_on_drop(true);
    let mut driver = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut lines = BufReader::new(driver.stdout.take().context("its output is piped")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
            // Read on, or the driver could meet a full or closed pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok((driver, address));
        }
    }
    anyhow::bail!("{program} ended before it listened")
}

/// Removes a folder in which the last processes of the browser may still be dying.
async fn remove(folder: &Path) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(1);
    while let Err(error) = std::fs::remove_dir_all(folder) {
        ensure!(Instant::now() < deadline, "{} can't be removed: {error}", folder.display());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

async fn find_a_lamp(client: &Client, base_url: &str) -> Result<()> {
    client.goto(base_url).await?;
    wait_until(async || Ok(client.title().await? == "Practice shop")).await?;

    let input = appeared(client, "[data-test=search-input]").await?;
    input.clear().await?;
    input.send_keys("lamp").await?;
    appeared(client, "[data-test=search-button]").await?.click().await?;
    wait_until(async || Ok(client.current_url().await?.as_str().contains("/search?q=lamp"))).await?;
    let lamp = appeared(client, "[data-test=product-lamp]").await?;
    wait_until(async || Ok(lamp.is_displayed().await?)).await?;

    appeared(client, "[data-test=product-link-lamp]").await?.click().await?;
    let name = appeared(client, "[data-test=product-name]").await?;
    wait_until(async || Ok(name.text().await?.contains("amp"))).await?;
    let price = appeared(client, "[data-test=product-price]").await?;
    wait_until(async || Ok(price.text().await?.contains('€'))).await
}

async fn appeared(client: &Client, selector: &str) -> Result<fantoccini::elements::Element> {
    Ok(client.wait().every(POLL).for_element(Locator::Css(selector)).await?)
}

async fn wait_until(holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await? {
        ensure!(Instant::now() < deadline, "what was waited for did not come");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
