//! Scripts and style sheets of which is known what a page uses, and sheets that are very large.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::Query;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{Practice, page};
use crate::site::faults;
use crate::site::session::{Session, Site};

pub(super) static PAGES: &[Practice] = &[
    page!(
        "coverage",
        "Coverage",
        "Nested functions, branches, rules in media queries, imported, inline and constructed sheets; ?large=50000000.",
        "telling what of scripts and style sheets is used."
    ),
    page!("coverage/next", "After coverage", "The page that the one about coverage leads to.", "pages that are left."),
];

/// Largest sheet, in bytes.
const LARGEST: usize = 200_000_000;

const SHEET: [(axum::http::HeaderName, &str); 1] = [(CONTENT_TYPE, "text/css; charset=utf-8")];
const SCRIPT: [(axum::http::HeaderName, &str); 1] = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/coverage/known.js", get(async || (SCRIPT, include_str!("pages/coverage/known.js"))))
        .route("/coverage/known.css", get(async || (SHEET, include_str!("pages/coverage/known.css"))))
        .route("/coverage/imported.css", get(async || (SHEET, include_str!("pages/coverage/imported.css"))))
        .route("/coverage/large.css", get(large))
}

#[derive(Deserialize)]
struct Size {
    bytes: usize,
}

/// Rules that fit nothing, in a text of exactly so many bytes.
async fn large(session: Session, Query(Size { bytes }): Query<Size>) -> Response {
    if bytes > LARGEST {
        return faults::bad_value(session, &format!("At most {LARGEST} bytes can be asked for."));
    }
    let mut sheet = String::with_capacity(bytes + 100);
    // Declarations make a sheet long in practice, not rules.
    let declarations = "color:#123456;".repeat(70);
    let mut number = 0;
    while sheet.len() < bytes {
        // Into memory: it can't fail.
        _ = write!(sheet, ".never-{number}{{{declarations}}}");
        number += 1;
    }
    sheet.truncate(bytes);
    (SHEET, sheet).into_response()
}
