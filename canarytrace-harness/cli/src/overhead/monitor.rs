//! The monitor that loads the shop's pages, each when it is told to.

use canarytrace::prelude::*;
use canarytrace::run::{MonitorDef, run_monitor};

use crate::own_monitors;

/// The shop's pages, in the order of their visits.
pub(super) const PAGES: [&str; 4] = ["/", "/search?q=desk", "/products/lamp", "/basket"];

/// Loads of a monitor: each page eight times, of which the first fills the browser's caches and is not counted.
pub(super) const LOADS: usize = 8 * PAGES.len();

/// What a line begins with that says how long a page took.
pub(super) const LOADED: &str = "loaded: ";

/// It loads a page for each line on standard input, and says on standard error how long that took.
pub(crate) const MONITOR: MonitorDef = own_monitors::monitor(
    module_path!(),
    "loads_pages",
    "Loads the shop's pages in turns with another monitor.",
    |given| run_monitor(given, load_pages),
);

/// End of the load event and Largest Contentful Paint, ms, as the page's own script finds them: the same with every
/// collector and without. The largest paint is that of the load; the pages are still then.
const TIMES: &str = "return new Promise((resolve) => {
    let lcp = 0;
    const observer = new PerformanceObserver((list) => {
        for (const paint of list.getEntries()) lcp = paint.startTime;
    });
    observer.observe({ type: 'largest-contentful-paint', buffered: true });
    const look = () => {
        const end = performance.getEntriesByType('navigation')[0].loadEventEnd;
        if (end === 0 || lcp === 0) setTimeout(look, 5);
        else setTimeout(() => resolve([end, lcp]), 50);
    };
    look();
})";

async fn load_pages(browser: &mut Browser) -> Result {
    for number in 0..LOADS {
        let told = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
        if told == 0 {
            return Err(Failure::harness("nobody wants to know how long pages take any more"));
        }
        let path = PAGES[number % PAGES.len()];
        let [load, lcp]: [f64; 2] = browser
            .step(format!("load {path}"), async |page| {
                page.goto(path).await?;
                page.evaluate(TIMES, vec![]).await
            })
            .await?;
        eprintln!("{LOADED}{load} {lcp}");
    }
    Ok(())
}
