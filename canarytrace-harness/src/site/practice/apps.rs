//! Single-page application, workers, WebSocket, events of the server.

use axum::Router;

use super::{Practice, page};
use crate::site::session::Site;

pub(super) static PAGES: &[Practice] = &[];

pub(super) fn routes() -> Router<Site> {
    Router::new()
}
