//! The one place that knows every group of pages.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, SERVER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::get;

use crate::site::session::{self, Session, Site};
use crate::site::{api, assets, calibration, faults, pages, practice};

/// What the site calls itself in the `server` header.
pub(super) const SERVER_NAME: &str = "canarytrace-practice-site";

/// The largest form is the checkout's: five short lines.
const LARGEST_BODY: usize = 16 * 1024;

/// The site.
pub(super) fn router(site: Site) -> Router {
    let shop = Router::new()
        .merge(pages::home::routes())
        .merge(pages::search::routes())
        .merge(pages::product::routes())
        .merge(pages::basket::routes())
        .merge(pages::login::routes())
        .merge(pages::checkout::routes())
        .route_layer(from_fn_with_state(site.clone(), session::shop));
    Router::new()
        .merge(shop)
        .merge(assets::routes())
        .merge(pages::switchboard::routes())
        .route("/faults", get(async |session: Session| session.redirect("/faults/")))
        .nest("/faults/", faults::routes())
        .route("/practice", get(async |session: Session| session.redirect("/practice/")))
        .nest("/practice/", practice::routes())
        .route("/calibration", get(async |session: Session| session.redirect("/calibration/")))
        .nest("/calibration/", calibration::routes())
        .route("/api", get(async |session: Session| session.redirect("/api/")))
        .nest("/api/", api::routes())
        .fallback(async |session: Session| pages::error::not_found(session, "There is no such page here."))
        .method_not_allowed_fallback(async |session: Session| {
            pages::error::page(session, StatusCode::METHOD_NOT_ALLOWED, "This address takes another kind of request.")
        })
        .layer(map_response(common_headers))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(site)
}

async fn common_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static(SERVER_NAME));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // Unless a page has a policy of its own, the browser itself sees to it that no page asks another host than this
    // machine, which is another origin by its other name: what is asked of that is for practice. Inline scripts stay
    // allowed because monitors put marks of their own into pages.
    let policy = "default-src 'self' 'unsafe-inline' data:; connect-src 'self' data: blob: http://localhost:* \
                  http://127.0.0.1:* ws://127.0.0.1:*; frame-src 'self' http://localhost:* http://127.0.0.1:*; \
                  img-src 'self' data: blob: http://127.0.0.1:2; script-src 'self' 'unsafe-inline' http://127.0.0.1:2; \
                  object-src 'none'; base-uri 'none'; form-action 'self'";
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    response
}
