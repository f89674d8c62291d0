//! A site on a free port and a client with a cookie jar, for the tests of the pages.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, Request, request, response};
use http_body_util::BodyExt;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use url::form_urlencoded;

use crate::site::serve;
use crate::site::session::Site;

/// A site of one test, served over loopback until the test's runtime ends. To be started inside of it.
pub(super) struct TestSite {
    pub(super) address: SocketAddr,
    site: Site,
}

impl TestSite {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let site = Site::new();
        tokio::spawn(serve::serve_site(listener, site.clone()));
        Self { address, site }
    }

    /// Waits until so many requests keep their clients waiting.
    pub(super) async fn wait_for_waiting(&self, expected: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let waiting = Arc::weak_count(&self.site.waiting);
            if waiting == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{waiting} requests wait, and not {expected}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A visitor. Redirects are not followed.
pub(super) struct Client {
    base: String,
    cookie: String,
    http: legacy::Client<HttpConnector, Body>,
}

impl Client {
    pub(super) fn new(site: &TestSite) -> Self {
        Self {
            base: format!("http://{}", site.address),
            cookie: String::new(),
            http: legacy::Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(super) fn set_cookie(&mut self, cookie: &str) {
        cookie.clone_into(&mut self.cookie);
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(super) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request, Body::empty()).await
    }

    /// Status and body, which needn't be text.
    pub(super) async fn get_bytes(&self, path: &str) -> (u16, Vec<u8>) {
        let (parts, body) = self.send_raw(Request::get(format!("{}{path}", self.base)), Body::empty()).await;
        (parts.status.as_u16(), body)
    }

    /// Posts a body of any kind.
    pub(super) async fn post_body(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let request = Request::post(format!("{}{path}", self.base)).header(CONTENT_TYPE, content_type);
        self.send(request, Body::from(body.to_owned())).await
    }

    /// Gets and keeps the cookie that comes with the answer, as a browser does.
    pub(super) async fn visit(&mut self, path: &str) -> Answer {
        let answer = self.get(path).await;
        self.keep_cookie(&answer);
        answer
    }

    pub(super) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request =
            Request::post(format!("{}{path}", self.base)).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.send(request, Body::from(body)).await;
        self.keep_cookie(&answer);
        answer
    }

    fn keep_cookie(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.headers_named("set-cookie").first() {
            cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
    }

    async fn send(&self, request: request::Builder, body: Body) -> Answer {
        let (parts, body) = self.send_raw(request, body).await;
        Answer { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8(body).unwrap() }
    }

    async fn send_raw(&self, mut request: request::Builder, body: Body) -> (response::Parts, Vec<u8>) {
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie);
        }
        let response = self.http.request(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

/// What the site answered.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    /// The value of a header that must be there.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().unwrap()
    }

    /// All values of a header.
    pub(super) fn headers_named(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The HTML inside the element with this `data-test`, with white space as a reader sees it. The element must not
    /// hold another of its own kind.
    pub(super) fn text_of(&self, data_test: &str) -> String {
        let attribute = format!(r#"data-test="{data_test}""#);
        let at = self.body.find(&attribute).unwrap_or_else(|| panic!("no {attribute} in {}", self.body));
        let tag = self.body[..at].rfind('<').unwrap() + 1;
        let name: String = self.body[tag..].chars().take_while(char::is_ascii_alphanumeric).collect();
        let start = at + self.body[at..].find('>').unwrap() + 1;
        let end = start + self.body[start..].find(&format!("</{name}>")).unwrap();
        self.body[start..end].split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// `text` as it stands in the query of a URL.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
