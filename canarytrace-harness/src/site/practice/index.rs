//! `/practice/`: what there is, and what for; and the pages that need nothing of the server.

use axum::Router;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::get;

use super::{Practice, apps, browser, coverage, files, forms, many, pointer, recording, timing, vitals, windows};
use crate::site::assets::Asset;
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};

/// The groups of pages. A new group is one more line here.
static GROUPS: [(&str, &[Practice]); 11] = [
    ("Dialogs, windows, frames", windows::PAGES),
    ("Elements that don’t hold still", timing::PAGES),
    ("Forms", forms::PAGES),
    ("Mouse and keys", pointer::PAGES),
    ("Files", files::PAGES),
    ("What the browser keeps", browser::PAGES),
    ("Applications", apps::PAGES),
    ("Much of it, and much alike", many::PAGES),
    ("What is recorded", recording::PAGES),
    ("What is measured", vitals::PAGES),
    ("What is used of what is loaded", coverage::PAGES),
];

/// What the scripts of all practice pages share.
static SHARED: Asset = Asset::script("practice/practice.js", include_str!("practice.js"));

/// The style of the practice pages.
static STYLE: Asset = Asset::sheet("practice/practice.css", include_str!("practice.css"));

/// The files of the practice pages.
pub(in crate::site) fn assets() -> impl Iterator<Item = &'static Asset> {
    [&SHARED, &STYLE].into_iter().chain(pages().map(|page| &page.script)).chain(apps::WORKERS).chain(recording::SCRIPTS)
}

fn pages() -> impl Iterator<Item = &'static Practice> {
    GROUPS.iter().flat_map(|(_, pages)| *pages)
}

/// Everything below `/practice/`.
pub(in crate::site) fn routes() -> Router<Site> {
    let answered = Router::new()
        .route("/", get(index))
        .merge(files::routes())
        .merge(apps::routes())
        .merge(browser::routes())
        .merge(many::routes())
        .merge(recording::routes())
        .merge(coverage::routes())
        .merge(vitals::routes());
    pages().fold(answered, |router, page| {
        router.route(
            &format!("/{}", page.slug),
            get(async move |session: Session, RawQuery(query): RawQuery| {
                show(session, page, &query.unwrap_or_default())
            }),
        )
    })
}

/// The page with this slug, which there must be.
pub(super) fn show_named(session: Session, slug: &str) -> Response {
    let page = pages().find(|page| page.slug == slug).expect("it is named in the source code");
    show(session, page, "")
}

fn show(session: Session, practice: &'static Practice, query: &str) -> Response {
    let content = html!(
        "<h1>{title}</h1>\n<p class=\"lead\">{does}</p>\n{content}{more}",
        title = practice.title,
        does = practice.does,
        content = Markup::of_ours(practice.content),
        more = practice.more.map(|more| more(query)),
    );
    session.page(Page {
        assets: vec![&STYLE, &SHARED, &practice.script],
        bare: practice.bare,
        ..Page::new(practice.title, practice.purpose, content)
    })
}

async fn index(session: Session) -> Response {
    let row = |page: &Practice| {
        html!(
            r#"<tr><th scope="row"><a href="/practice/{slug}" data-test="practice-{slug}"><code>{slug}</code></a></th><td>{does}</td><td>{purpose}</td></tr>"#,
            slug = page.slug,
            does = page.does,
            purpose = page.purpose,
        )
    };
    let group = |(title, pages): &(&str, &[Practice])| {
        html!(
            r#"<h2>{title}</h2>
<div class="scrolls"><table><thead><tr><th scope="col">Below /practice/</th><th scope="col">What is there</th>
<th scope="col">What for</th></tr></thead><tbody>{rows}</tbody></table></div>"#,
            title,
            rows = pages.iter().map(row).collect::<Markup>(),
        )
    };
    let content = html!(
        r#"<h1>Pages to practise on</h1>
<p class="lead">Everything a monitor meets in a browser, one page a subject, always the same. Times are in the query, in ms.</p>
<p>Beside them are <a href="/calibration/" data-test="calibration-link">pages to calibrate with</a>.</p>
{groups}"#,
        groups = GROUPS.iter().map(group).collect::<Markup>(),
    );
    session.page(Page::new("Pages to practise on", "finding the page with the thing that you need.", content))
}
