//! Who is asking: the session cookie, and the answers that carry it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::site::layout::Page;
use crate::site::switches::Switches;
use crate::site::visitor::{Visitor, Visitors};

/// Name of the session cookie. Ports don't separate cookies, so two sites on one machine share it: an id that one of
/// them doesn't know is no session there.
const COOKIE_NAME: &str = "practice_shop";

/// Visitors that a site remembers; a monitor is one for each run.
const MOST_VISITORS: usize = 1000;

/// What all requests share.
#[derive(Clone, Debug)]
pub(super) struct Site {
    visitors: Arc<Visitors>,
    orders: Arc<AtomicU32>,
    /// A request holds a [`Weak`] of it for as long as it leaves its client waiting, so that a test can see it let go.
    pub(super) waiting: Arc<()>,
    /// Where the answers are given that no web server would give ([`raw`](crate::site::raw)), once the site is served.
    pub(super) raw: Arc<OnceLock<SocketAddr>>,
}

impl Site {
    /// A site that nobody has visited yet.
    pub(super) fn new() -> Self {
        Self {
            visitors: Arc::new(Visitors::new(MOST_VISITORS)),
            orders: Arc::new(AtomicU32::new(10_001)),
            waiting: Arc::default(),
            raw: Arc::default(),
        }
    }

    /// What a request holds that leaves its client waiting.
    pub(super) fn waits(&self) -> Weak<()> {
        Arc::downgrade(&self.waiting)
    }

    /// The number of the next order.
    pub(super) fn next_order_number(&self) -> u32 {
        self.orders.fetch_add(1, Ordering::Relaxed)
    }
}

/// Marks requests for pages of the shop.
#[derive(Clone, Copy, Debug)]
struct InShop;

/// What stands before every page of the shop: it marks the request, and waits where the visitor switched that on.
pub(super) async fn shop(session: Session, mut request: Request, next: Next) -> Response {
    tokio::time::sleep(session.visitor().switches.delay(request.uri().path())).await;
    request.extensions_mut().insert(InShop);
    next.run(request).await
}

/// The visitor who sent the request.
///
/// A visitor is remembered, and given a cookie, by the first [`Session::change`]; who only looks leaves nothing behind.
#[derive(Debug)]
pub(super) struct Session {
    site: Site,
    id: Option<String>,
    /// Whether the answer must carry the id.
    new: bool,
    /// Whether a page of the shop is asked for, where the visitor's faults are.
    in_shop: bool,
}

impl FromRequestParts<Site> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let id = session_id(&parts.headers).filter(|id| site.visitors.get(id).is_some()).map(str::to_owned);
        let in_shop = parts.extensions.get::<InShop>().is_some();
        Ok(Self { site: site.clone(), id, new: false, in_shop })
    }
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE_NAME).then_some(value))
}

impl Session {
    /// What is known of the visitor.
    pub(super) fn visitor(&self) -> Visitor {
        self.id.as_deref().and_then(|id| self.site.visitors.get(id)).unwrap_or_default()
    }

    /// The faults of the page that is asked for: none outside of the shop.
    pub(super) fn switches(&self) -> Switches {
        if self.in_shop { self.visitor().switches } else { Switches::default() }
    }

    /// Changes what is known of the visitor.
    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut Visitor) -> T) -> T {
        let (changed, new_id) = self.site.visitors.change(self.id.as_deref(), change);
        if let Some(id) = new_id {
            self.id = Some(id);
            self.new = true;
        }
        changed
    }

    /// Gives the visitor another id, as every login should: who knew the old one (a link, a shared machine) is not let
    /// in by it.
    pub(super) fn renew(&mut self) {
        self.id = Some(self.site.visitors.rename(self.id.as_deref()));
        self.new = true;
    }

    /// The answer that shows `page`, with any message that waited for it.
    pub(super) fn page(self, page: Page<'_>) -> Response {
        self.page_with_status(StatusCode::OK, page)
    }

    /// The answer that shows `page` under another status than 200.
    pub(super) fn page_with_status(mut self, status: StatusCode, page: Page<'_>) -> Response {
        let visitor = self.visitor();
        if visitor.notice.is_some() {
            self.change(|visitor| visitor.notice = None);
        }
        let body = Html(page.render(&visitor, &self.switches()).into_string());
        self.with_cookie((status, [(CACHE_CONTROL, "private, no-cache")], body).into_response())
    }

    /// The answer that sends the browser to `path` with a GET request.
    pub(super) fn redirect(self, path: &str) -> Response {
        let location = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
        self.with_cookie((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
    }

    fn with_cookie(self, mut response: Response) -> Response {
        if let (Some(id), true) = (self.id, self.new) {
            let cookie = format!("{COOKIE_NAME}={id}; Path=/; HttpOnly; SameSite=Lax");
            let cookie = HeaderValue::from_str(&cookie).expect("name and id are letters and digits");
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}
