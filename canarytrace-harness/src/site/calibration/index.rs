//! `/calibration/`: what there is, and what is true of it.

use axum::Router;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::pages::{CALIBRATION_PAGES, CalibrationPage};
use super::truth::{TRUTHS, Truth};
use super::{answers, coverage};
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};

/// Everything below `/calibration/`.
pub(in crate::site) fn routes() -> Router<Site> {
    let files = Router::new().route("/", get(index)).merge(answers::routes()).merge(coverage::routes());
    CALIBRATION_PAGES.iter().fold(files, |router, page| {
        let path = format!("/{}", page.slug);
        router.route(&path, get(async move |State(site): State<Site>| show(&site, page).await))
    })
}

async fn show(site: &Site, page: &CalibrationPage) -> Response {
    answers::wait_before(page.slug).await;
    let document = page.document(site.raw.get().copied()).into_string();
    // A page that was kept is not loaded anew.
    ([(CACHE_CONTROL, "no-store")], Html(document)).into_response()
}

async fn index(session: Session) -> Response {
    let truth = |truth: &Truth| {
        html!(
            "<li><strong>{title}: {value}</strong>. {because}</li>",
            title = truth.title,
            value = truth.words(),
            because = truth.because,
        )
    };
    let row = |page: &CalibrationPage| {
        let truths = TRUTHS.iter().filter(|truth| truth.page == page.slug).map(truth).collect::<Markup>();
        html!(
            r#"<tr><th scope="row"><a href="/calibration/{slug}"><code>{slug}</code></a></th><td>{does}</td><td><ul>{truths}</ul></td></tr>"#,
            slug = page.slug,
            does = page.does,
            truths,
        )
    };
    let content = html!(
        r#"<h1>Pages to calibrate with</h1>
<p class="lead">What has to be measured on them is known. <code>canarytrace verify</code> measures it.</p>
<div class="scrolls"><table><thead><tr><th scope="col">Below /calibration/</th><th scope="col">What happens</th>
<th scope="col">What is true</th></tr></thead><tbody>{rows}</tbody></table></div>"#,
        rows = CALIBRATION_PAGES.iter().map(row).collect::<Markup>(),
    );
    session.page(Page::new("Pages to calibrate with", "checking figures against known truth.", content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn every_page_and_every_truth_is_in_the_list_and_truths_are_of_pages() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let list = client.get("/calibration/").await;
        assert_eq!(client.get("/calibration").await.header("location"), "/calibration/");
        for page in CALIBRATION_PAGES {
            assert!(list.body.contains(&format!(r#"href="/calibration/{}""#, page.slug)), "{}", page.slug);
            let answer = client.get(&page.path()).await;
            assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{}", page.slug);
            assert!(answer.body.contains(&format!("<h1>{}</h1>", page.title)), "{}", page.slug);
            assert!(answer.body.contains("window.calibrated = "), "{}", page.slug);
        }
        for truth in TRUTHS {
            assert!(CALIBRATION_PAGES.iter().any(|page| page.slug == truth.page), "{}", truth.name);
            assert!(
                list.body.contains(&format!("<strong>{}: {}</strong>", truth.title, truth.words())),
                "{}",
                truth.name
            );
        }
    }

    #[test]
    fn what_is_true_is_what_the_pages_do() {
        let page = |slug| CALIBRATION_PAGES.iter().find(|page| page.slug == slug).unwrap();
        let has = |slug, text: &str| {
            let document = page(slug).document(None).into_string();
            assert!(document.contains(text), "{slug}: no {text} in {document}");
        };
        let value = |name| TRUTHS.iter().find(|truth| truth.name == name).unwrap().value;
        has("late-image", &format!("at({}, () => {{ document.body", value("fcp")));
        has("late-image", &format!("at({}, () => document.querySelector(\"#place\")", value("lcp")));
        has("long-task", &format!("block({})", value("long-task")));
        assert!((value("tbt") - (value("long-task") - 50.0)).abs() < f64::EPSILON);
        has("interaction", &format!("block({})", value("inp")));
        has("late-font", &format!("Math.round({} - performance.now())", value("lcp-font")));
        has("layout-shift", ".then(() => shift(10))\n  .then(() => shift(5))\n");
        assert!((value("cls") - (0.10 + 0.05)).abs() < 1e-9);
        for moment in [500, 1000] {
            has("frames", &format!("at({moment}, "));
        }
    }
}
