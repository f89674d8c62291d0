//! Style, scripts and pictures: separate files that a browser may keep, and asks for again by their entity tag.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::site::html::{Markup, html};
use crate::site::session::Site;
use crate::site::{catalogue, practice};

/// A file of the site.
#[derive(Debug)]
pub(super) struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const SHEET: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! assets {
    ($($constant:ident = $name:literal, $content_type:expr;)*) => {
        $(pub(super) static $constant: Asset =
            Asset { name: $name, content_type: $content_type, content: include_str!(concat!("assets/", $name)) };)*
        static ASSETS: &[&Asset] = &[$(&$constant),*];
    };
}

assets! {
    STYLE = "shop.css", SHEET;
    SHOP = "shop.js", SCRIPT;
    BIRD = "bird.svg", PICTURE;
    ALERT = "alert.js", SCRIPT;
    CLIENT = "client.js", SCRIPT;
    CLOSES_ITSELF = "closes-itself.js", SCRIPT;
    SHOP_BANNER = "shop-banner.js", SCRIPT;
    SHOP_ERROR = "shop-error.js", SCRIPT;
    SHOP_RE_RENDER = "shop-re-render.js", SCRIPT;
    CONSOLE_ERROR = "console-error.js", SCRIPT;
    CONSOLE_LEVELS = "console-levels.js", SCRIPT;
    GOES_ON = "goes-on.js", SCRIPT;
    REJECTS = "rejects.js", SCRIPT;
    THROWS = "throws.js", SCRIPT;
    THROWS_ON_CLICK = "throws-on-click.js", SCRIPT;
}

impl Asset {
    /// A script with this name and text.
    pub(super) const fn script(name: &'static str, content: &'static str) -> Self {
        Self { name, content_type: SCRIPT, content }
    }

    /// A style sheet with this name and text.
    pub(super) const fn sheet(name: &'static str, content: &'static str) -> Self {
        Self { name, content_type: SHEET, content }
    }

    /// The element of a page's head that loads it.
    pub(super) fn element(&self) -> Markup {
        let path = self.path();
        if self.content_type == SHEET {
            html!("<link rel=\"stylesheet\" href=\"{path}\">\n", path)
        } else {
            html!("<script src=\"{path}\" defer></script>\n", path)
        }
    }

    /// Where it is. The tag in the query makes a changed file a new one for browsers that kept the old.
    pub(super) fn path(&self) -> String {
        format!("/assets/{}?v={}", self.name, tag(self.content))
    }

    /// The file's text.
    pub(super) fn content(&self) -> &'static str {
        self.content
    }
}

/// Every file that is served below `/assets/`.
fn all() -> impl Iterator<Item = &'static Asset> {
    ASSETS.iter().copied().chain(practice::assets())
}

/// FNV-1a of the content, in hexadecimal: it tells our own files apart, nobody attacks it.
fn tag(content: &str) -> String {
    let hash = content
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn file(headers: &HeaderMap, content_type: &'static str, content: &'static str) -> Response {
    let etag = format!("\"{}\"", tag(content));
    let known = |value: &str| value.split(',').any(|known| known.trim().trim_start_matches("W/") == etag);
    let unchanged = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(known);
    let caching = [(ETAG, etag), (CACHE_CONTROL, "public, max-age=3600".to_owned())];
    if unchanged {
        (StatusCode::NOT_MODIFIED, caching).into_response()
    } else {
        (caching, [(CONTENT_TYPE, content_type)], content).into_response()
    }
}

/// `/assets/…` and `/pictures/…`.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/assets/{*name}", get(asset))
        .route("/pictures/{name}", get(picture))
        // Browsers ask for it on pages that don't name an icon, as the answers of `basic-auth`.
        .route("/favicon.ico", get(async |headers: HeaderMap| file(&headers, PICTURE, BIRD.content)))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match all().find(|asset| asset.name == name) {
        Some(asset) => file(&headers, asset.content_type, asset.content),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn picture(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match name.strip_suffix(".svg").and_then(catalogue::find) {
        Some(product) => file(&headers, PICTURE, product.picture),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite};

    use super::*;

    #[tokio::test]
    async fn files_have_their_type_and_are_not_sent_twice() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let mut paths: Vec<(String, &str)> = all().map(|asset| (asset.path(), asset.content_type)).collect();
        paths.push(("/pictures/lamp.svg".to_owned(), PICTURE));
        paths.push(("/favicon.ico".to_owned(), PICTURE));
        for (path, content_type) in paths {
            let first = client.get(&path).await;
            assert_eq!((first.status, first.header("content-type")), (200, content_type), "{path}");
            assert_eq!(first.header("cache-control"), "public, max-age=3600", "{path}");
            let again = client.get_with(&path, &[("if-none-match", first.header("etag"))]).await;
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
            let changed = client.get_with(&path, &[("if-none-match", "\"something else\"")]).await;
            assert_eq!(changed.status, 200, "{path}");
        }
        assert_eq!(client.get("/assets/none.js").await.status, 404);
        assert_eq!(client.get("/pictures/none.svg").await.status, 404);
    }

    #[test]
    fn no_file_names_another_host() {
        for asset in all() {
            let rest = asset.content.replace("http://www.w3.org/2000/svg", "");
            for outside in ["://", "\"//", "(//", "@import"] {
                assert!(!rest.contains(outside), "{} has {outside}", asset.name);
            }
        }
    }
}
