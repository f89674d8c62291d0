//! Pages with very much on them, or much that is alike.

use axum::Router;

use super::{Practice, page};
use crate::site::session::Site;

pub(super) static PAGES: &[Practice] = &[];

pub(super) fn routes() -> Router<Site> {
    Router::new()
}
