//! Pages with very much on them, and one with a secret.

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use url::form_urlencoded;

use super::{Practice, page};
use crate::site::html::{Markup, html};
use crate::site::session::Site;
use crate::site::wait::Wait;

pub(super) static PAGES: &[Practice] = &[
    page!(
        "virtual",
        "Virtual list",
        "10,000 rows of which only those in sight are in the page.",
        "scrolling until an element is there."
    ),
    page!(
        "many",
        "Many",
        "1,000 buttons that are alike.",
        "finding one of very many, and being told that they are many."
    ),
    page!("lazy", "Lazy pictures", "Pictures that load when they come near, slowly.", "waiting for pictures."),
    page!("infinite", "Infinite scroll", "A list that grows when its end comes near.", "scrolling for more."),
    page!("large", "Large", "Five megabytes of text.", "staying quick on a page with very much text.").with(large),
    page!(
        "secret",
        "Secret",
        "Shows a secret in text, attributes, fields and the title.",
        "keeping secrets out of reports."
    )
    .with(secret),
];

/// Most of `?mb=`.
const MOST_MEGABYTES: usize = 20;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/lazy/{picture}", get(picture))
}

async fn picture(Path(name): Path<String>, Query(wait): Query<Wait>) -> Response {
    let number = name.strip_prefix("picture-").and_then(|name| name.strip_suffix(".svg")?.parse::<u32>().ok());
    let Some(number) = number else { return StatusCode::NOT_FOUND.into_response() };
    tokio::time::sleep(wait.after(300)).await;
    let svg = html!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 200"><rect width="240" height="200" fill="#ffe8a3"/><text x="120" y="120" font-size="60" text-anchor="middle">{number}</text></svg>"##,
        number,
    );
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "no-store")], svg.into_string()).into_response()
}

/// The value of a parameter in the query.
fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(known, value)| (known == name).then(|| value.into_owned()))
}

fn large(query: &str) -> Markup {
    const SENTENCE: &str = "The canary sings as long as the air is good. ";
    let megabytes = parameter(query, "mb").and_then(|given| given.parse().ok()).unwrap_or(5).min(MOST_MEGABYTES);
    let text: String = SENTENCE.chars().cycle().take(10_000).collect();
    let paragraphs: Markup = (0..megabytes * 100).map(|_| html!("<p>{text}</p>", text)).collect();
    html!(
        r#"<div data-test="text">{paragraphs}</div><p><button type="button" data-test="at-the-end">At the end</button></p>"#,
        paragraphs
    )
}

fn secret(query: &str) -> Markup {
    let secret = parameter(query, "secret").unwrap_or_else(|| "practice-secret".to_owned());
    html!(
        r#"<div class="cases">
<section class="case" aria-labelledby="text-title"><h2 id="text-title">Text</h2><p data-test="in-text">Your secret is {secret}.</p></section>
<section class="case" aria-labelledby="field-title"><h2 id="field-title">Field</h2>
<div class="field"><label for="shown">Secret</label><input id="shown" value="{secret}" data-test="in-field"></div></section>
<section class="case" aria-labelledby="attribute-title"><h2 id="attribute-title">Attributes</h2>
<button type="button" title="{secret}" aria-label="{secret}" data-test="in-attribute">A button</button>
<a href="/practice/secret?secret={encoded}" data-test="in-link">A link</a></section>
<section class="case" aria-labelledby="covered-title"><h2 id="covered-title">Covered</h2>
<p>What lies on the button is named like the secret.</p>
<div class="stage"><button type="button" data-test="covered-by-secret">Covered</button><div id="{secret}" style="position: absolute; inset: 0"></div></div></section>
</div>"#,
        secret,
        encoded = form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>(),
    )
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite, encoded};

    #[tokio::test]
    async fn the_large_page_is_as_large_as_asked() {
        let site = TestSite::start();
        let client = Client::new(&site);
        assert!(client.get("/practice/large").await.body.len() > 5_000_000);
        let small = client.get("/practice/large?mb=1").await.body.len();
        assert!((1_000_000..1_100_000).contains(&small));
    }

    #[tokio::test]
    async fn the_secret_is_shown_and_is_text() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let page = client.get("/practice/secret?secret=hush-hush").await;
        assert_eq!(page.text_of("in-text"), "Your secret is hush-hush.");
        let hostile = r#""><script>alert(1)</script>"#;
        let page = client.get(&format!("/practice/secret?secret={}", encoded(hostile))).await;
        assert!(!page.body.contains(hostile) && !page.body.contains("<script>alert"));
    }

    #[tokio::test]
    async fn a_lazy_picture_comes() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let picture = client.get("/practice/lazy/picture-7.svg?after=0").await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
        assert_eq!(client.get("/practice/lazy/other.svg").await.status, 404);
    }
}
