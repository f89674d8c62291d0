//! What the page API costs beside the same calls made directly with fantoccini, in one browser and on one page.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench actions                     release profile
//! cargo bench -p canarytrace-tests --bench actions --profile dev       the profile of `cargo test -p monitors`
//! cargo bench -p canarytrace-tests --bench actions -- --rounds 20
//! ```
//!
//! Both take turns, so that both meet the same noise. fantoccini's calls wait for nothing: the page is ready, so that
//! what the page API looks at before and after an action is what it costs. Nothing here fails because it is slow: the
//! targets are printed with what was measured.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use canarytrace::browser::launch;
use canarytrace::config::Config;
use canarytrace::page::{Page, Role};
use canarytrace::record::Failure;
use canarytrace::{css, role};
use canarytrace_tests::arguments::rounds_wanted;
use fantoccini::{Client, Locator};

/// A form whose elements stand still, without anything else on the page that moves.
const FORM: &str = "document.body.innerHTML = '<form onsubmit=\"return false\"><label>Name <input id=name></label>\
    <label>Street <input id=street></label><select id=city><option>London<option>Prague</select>\
    <button id=send type=button>Send</button><output id=sent>0</output></form>'; \
    let sent = 0; document.querySelector('#send').onclick = () => document.querySelector('#sent').textContent = ++sent;";

/// Each of five actions, this often, makes the journey of 50.
const TIMES: usize = 10;

/// Clicks that are timed for each round.
const CLICKS: usize = 10;

fn main() -> ExitCode {
    canarytrace::site::serve_if_child();
    let done = rounds_wanted(20).and_then(|rounds| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(bench(rounds))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Failures are no errors of the standard library's kind.
fn ours<T>(result: std::result::Result<T, Failure>) -> Result<T> {
    result.map_err(|failure| anyhow::anyhow!("{failure:?}"))
}

async fn bench(rounds: usize) -> Result<()> {
    let site = ours(canarytrace::site::start(0).await)?;
    let config = Arc::new(Config::load()?);
    let launched = ours(launch(&config, config.device, &(Arc::new(|_line| {}) as _)).await)?;
    let page = ours(Page::new(&launched, Some(site.url().clone()), config.wait_for_timeout).await)?;
    let client = launched.client.clone();

    let mut clicks = (Vec::new(), Vec::new());
    let mut roles = Vec::new();
    let mut journeys = (Vec::new(), Vec::new());
    // One more that does not count: both warm up.
    for round in 0..=rounds {
        fresh(&page).await?;
        let direct_click = direct_clicks(&client).await?;
        fresh(&page).await?;
        let own_click = own_clicks(&page).await?;
        fresh(&page).await?;
        let own_role = own_role_clicks(&page).await?;
        fresh(&page).await?;
        let direct_journey = direct_journey(&client).await?;
        fresh(&page).await?;
        let own_journey = own_journey(&page).await?;
        if round > 0 {
            clicks.0.extend(direct_click);
            clicks.1.extend(own_click);
            roles.extend(own_role);
            journeys.0.push(direct_journey);
            journeys.1.push(own_journey);
            println!(
                "round {round}: journey of {} actions: fantoccini {:.0} ms, page API {:.0} ms",
                TIMES * 5,
                ms(direct_journey),
                ms(own_journey)
            );
        }
    }
    launched.close().await;
    site.stop().await;

    let ratios = journeys.0.iter().zip(&journeys.1).map(|(direct, own)| own.as_secs_f64() / direct.as_secs_f64());
    let mut ratios: Vec<_> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    let (direct, own, by_role) = (median(&clicks.0), median(&clicks.1), median(&roles));
    println!();
    println!("medians of {rounds} rounds:");
    println!(
        "click and check  fantoccini {:.1} ms, page API {:.1} ms, by role {:.1} ms",
        ms(direct),
        ms(own),
        ms(by_role)
    );
    println!("                 the page API adds {:.1} ms (target: at most 15 ms)", ms(own) - ms(direct));
    println!(
        "50 actions       fantoccini {:.0} ms, page API {:.0} ms, ratio of pairs {:.2} (target: at most 1.15)",
        ms(median(&journeys.0)),
        ms(median(&journeys.1)),
        ratios[ratios.len() / 2]
    );
    Ok(())
}

async fn fresh(page: &Page) -> Result<()> {
    ours(page.goto("/").await)?;
    ours(page.evaluate::<Option<bool>>(FORM, vec![]).await)?;
    Ok(())
}

async fn direct_clicks(client: &Client) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for count in 1..=CLICKS {
        let begun = Instant::now();
        direct_click(client, count).await?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

async fn direct_click(client: &Client, count: usize) -> Result<()> {
    client.find(Locator::Css("#send")).await?.click().await?;
    let text = client.find(Locator::Css("#sent")).await?.text().await?;
    ensure!(text == count.to_string(), "the page counted {text} clicks and not {count}");
    Ok(())
}

async fn own_clicks(page: &Page) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for count in 1..=CLICKS {
        let begun = Instant::now();
        ours(page.find(css("#send")).click().await)?;
        ours(page.expect(css("#sent")).to_be(&count.to_string()).await)?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

async fn own_role_clicks(page: &Page) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for count in 1..=CLICKS {
        let begun = Instant::now();
        ours(page.find(role(Role::Button, "Send")).click().await)?;
        ours(page.expect(css("#sent")).to_be(&count.to_string()).await)?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

async fn direct_journey(client: &Client) -> Result<Duration> {
    let begun = Instant::now();
    for count in 1..=TIMES {
        for (selector, text) in [("#name", "Ada Lovelace"), ("#street", "12 St James's Square")] {
            let input = client.find(Locator::Css(selector)).await?;
            input.clear().await?;
            input.send_keys(text).await?;
        }
        client.find(Locator::Css("#city")).await?.select_by_label("Prague").await?;
        direct_click(client, count).await?;
    }
    Ok(begun.elapsed())
}

async fn own_journey(page: &Page) -> Result<Duration> {
    let begun = Instant::now();
    for count in 1..=TIMES {
        for (selector, text) in [("#name", "Ada Lovelace"), ("#street", "12 St James's Square")] {
            ours(page.find(css(selector)).fill(text).await)?;
        }
        ours(page.find(css("#city")).select("Prague").await)?;
        ours(page.find(css("#send")).click().await)?;
        ours(page.expect(css("#sent")).to_be(&count.to_string()).await)?;
    }
    Ok(begun.elapsed())
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
