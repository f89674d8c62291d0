//! One page load for an audit without Lighthouse: what the browser notes of it.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use url::Url;

use super::native::{self, PageFigures, RequestFigures};
use super::settings::{Preset, preset, unthrottled};
use crate::browser::{AuditBrowser, Interceptor, navigation_failure};
use crate::config::Config;
use crate::devtools::{CdpError, Connection, Received, Session, Subscription};
use crate::page::http_status_failure;
use crate::record::{Audit, Failure};

/// A page is quiet when it has asked for nothing for so long after its load, as in Lighthouse.
const QUIET: Duration = Duration::from_secs(1);

const FIGURES: &str = include_str!("figures.js");

/// What `figures.js` returns.
#[derive(Debug, Deserialize)]
struct Noted {
    final_url: String,
    first_contentful_paint: Option<f64>,
    largest_contentful_paint: Option<f64>,
    cumulative_layout_shift: Option<f64>,
    total_blocking_time: Option<f64>,
    server_response_time: Option<f64>,
    dom_size: Option<u64>,
    long_tasks: Option<Vec<f64>>,
    user_agent: Option<String>,
}

/// Loads `url` in the audit's browser and audits that.
///
/// # Errors
/// `navigation`, `tls` or `http_status` when the page can't be opened; `harness` when the browser can't be asked.
pub(crate) async fn audit(
    config: &Config,
    browser: &AuditBrowser,
    url: &Url,
    cookies: Vec<Value>,
) -> Result<Audit, Failure> {
    let ours =
        |error: CdpError| Failure::harness(format!("the browser of the audit of {url} does not answer: {error}"));
    let connection = Connection::connect(browser.websocket()).await.map_err(ours)?;
    let targets = connection.send(None, "Target.getTargets", json!({})).await.map_err(ours)?;
    let page = targets["targetInfos"].as_array().and_then(|all| all.iter().find(|target| target["type"] == "page"));
    let target = page.and_then(|page| page["targetId"].as_str());
    let target = target.ok_or_else(|| Failure::harness("the browser of the audit has no page"))?;
    let tab = Session::attach(&connection, target).await.map_err(ours)?;
    let interceptor = match &config.basic_auth {
        Some(_) => Some(Interceptor::start(&connection, config, (tab.id(), tab.target_id())).await.map_err(ours)?),
        None => None,
    };
    set_up(config, &connection, &tab, cookies).await.map_err(ours)?;
    let mut events = tab.events(&["Network.", "Page.loadEventFired"]);
    let reply = tab.send_within(config.audit_max_wait_load, "Page.navigate", json!({ "url": url.as_str() })).await;
    let reply = reply.map_err(ours)?;
    let mut requests = Requests::default();
    let finished = requests.follow(&mut events, config.audit_max_wait_load).await;
    if let Some(document) = requests.document()
        && let Some(status @ 400..) = document.status.and_then(|status| u16::try_from(status).ok())
    {
        return Err(http_status_failure(&document.url, status, None));
    }
    if let Some(error) = reply["errorText"].as_str().filter(|error| !error.is_empty()) {
        return Err(navigation_failure(url.as_str(), error));
    }
    let noted = figures(&tab).await.map_err(ours)?;
    drop(interceptor);
    let mut audit = native::audit(
        &PageFigures {
            requested_url: url.to_string(),
            final_url: Some(noted.final_url),
            first_contentful_paint: noted.first_contentful_paint,
            largest_contentful_paint: noted.largest_contentful_paint,
            cumulative_layout_shift: noted.cumulative_layout_shift,
            total_blocking_time: noted.total_blocking_time,
            server_response_time: noted.server_response_time,
            dom_size: noted.dom_size,
            long_tasks: noted.long_tasks,
            requests: Some(requests.all),
        },
        unthrottled(config, noted.user_agent),
    );
    if !finished {
        let limit = config.audit_max_wait_load;
        audit.run_warnings = Some(vec![format!("the page was not loaded and quiet within {limit:?}")]);
    }
    Ok(audit)
}

/// Screen, headers and cookies, before the page is asked for.
async fn set_up(config: &Config, connection: &Connection, tab: &Session, cookies: Vec<Value>) -> Result<(), CdpError> {
    let preset = preset(config.audit_throttling);
    let Preset { width, height, device_scale_factor, .. } = preset;
    let mobile = config.audit_throttling.is_mobile();
    let metrics =
        json!({ "width": width, "height": height, "deviceScaleFactor": device_scale_factor, "mobile": mobile });
    tab.send("Emulation.setDeviceMetricsOverride", metrics).await?;
    if mobile {
        tab.send("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
    }
    let user_agent = match &config.user_agent {
        Some(user_agent) => Some(user_agent.clone()),
        None if mobile => {
            let version = connection.send(None, "Browser.getVersion", json!({})).await?;
            let own = version["userAgent"].as_str().unwrap_or_default();
            let major = own.split_once("Chrome/").and_then(|(_, rest)| rest.split('.').next()).unwrap_or_default();
            Some(format!(
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Mobile \
                 Safari/537.36"
            ))
        }
        None => None,
    };
    if let Some(user_agent) = user_agent {
        tab.send("Emulation.setUserAgentOverride", json!({ "userAgent": user_agent })).await?;
    }
    tab.send("Page.enable", json!({})).await?;
    tab.send("Network.enable", json!({})).await?;
    if !config.headers.is_empty() {
        let headers: Map<String, Value> =
            config.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        tab.send("Network.setExtraHTTPHeaders", json!({ "headers": headers })).await?;
    }
    if !cookies.is_empty() {
        tab.send("Storage.setCookies", json!({ "cookies": cookies })).await?;
    }
    Ok(())
}

/// A cookie as it was read (`Network.Cookie`), as it is set (`Network.CookieParam`): one of a host alone names no domain,
/// one of the session no end.
pub(crate) fn settable(mut cookie: Value) -> Value {
    let session = cookie["session"] == true;
    let secure = cookie["secure"] == true;
    if let Value::Object(fields) = &mut cookie {
        fields.remove("session");
        fields.remove("size");
        if session {
            fields.remove("expires");
        }
        let domain = fields.get("domain").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !domain.starts_with('.') {
            let path = fields.get("path").and_then(Value::as_str).unwrap_or("/");
            let url = format!("{}://{domain}{path}", if secure { "https" } else { "http" });
            fields.remove("domain");
            fields.insert("url".to_owned(), url.into());
        }
    }
    cookie
}

/// What the page asked for.
#[derive(Debug, Default)]
struct Requests {
    all: Vec<RequestFigures>,
    /// The places of those that are under way.
    open: HashMap<String, usize>,
    /// The last of the page's own documents.
    document: Option<usize>,
}

impl Requests {
    /// Takes note until the page is loaded and quiet; returns whether it was within `limit`.
    async fn follow(&mut self, events: &mut Subscription, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut loaded = false;
        loop {
            let quiet = loaded && self.open.is_empty();
            let until = if quiet { end.min(Instant::now() + QUIET) } else { end };
            match tokio::time::timeout_at(until, events.next()).await {
                Ok(Some(Received::Event(event))) if event.method == "Page.loadEventFired" => loaded = true,
                Ok(Some(Received::Event(event))) => {
                    if let Ok(params) = event.params::<Value>() {
                        self.note(&event.method, &params);
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return quiet,
            }
        }
    }

    fn note(&mut self, method: &str, params: &Value) {
        let id = params["requestId"].as_str().unwrap_or_default();
        let bytes = |value: &Value| value["encodedDataLength"].as_f64().map_or(0, whole);
        match method {
            "Network.requestWillBeSent" => {
                let redirect = &params["redirectResponse"];
                if let (Some(at), true) = (self.open.remove(id), redirect.is_object()) {
                    self.all[at].status = redirect["status"].as_i64();
                    self.all[at].transfer_size = bytes(redirect);
                }
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let url = text(&params["request"]["url"]);
                // What never goes over a network is no request.
                if !url.starts_with("http") {
                    return;
                }
                let kind = text(&params["type"]);
                if kind == "Document" && params["loaderId"] == params["requestId"] {
                    self.document = Some(self.all.len());
                }
                self.open.insert(id.to_owned(), self.all.len());
                self.all.push(RequestFigures { url, kind, transfer_size: 0, status: None });
            }
            "Network.responseReceived" => {
                if let Some(at) = self.open.get(id) {
                    self.all[*at].status = params["response"]["status"].as_i64();
                }
            }
            "Network.loadingFinished" => {
                if let Some(at) = self.open.remove(id) {
                    self.all[at].transfer_size = bytes(params);
                }
            }
            "Network.loadingFailed" => {
                self.open.remove(id);
            }
            _ => {}
        }
    }

    fn document(&self) -> Option<&RequestFigures> {
        self.all.get(self.document?)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes of an answer; negative is none")]
fn whole(bytes: f64) -> u64 {
    bytes.max(0.0) as u64
}

async fn figures(tab: &Session) -> Result<Noted, CdpError> {
    let tree = tab.send("Page.getFrameTree", json!({})).await?;
    let frame = &tree["frameTree"]["frame"]["id"];
    let world = json!({ "frameId": frame, "worldName": "canarytrace-audit" });
    let world = tab.send("Page.createIsolatedWorld", world).await?;
    let expression = json!({
        "expression": FIGURES,
        "contextId": world["executionContextId"],
        "awaitPromise": true,
        "returnByValue": true,
    });
    let mut reply = tab.send("Runtime.evaluate", expression).await?;
    serde_json::from_value(reply["result"]["value"].take()).map_err(|error| CdpError::Refused {
        method: "Runtime.evaluate".to_owned(),
        code: 0,
        message: format!("the figures of the page can't be read: {error}; {}", reply["exceptionDetails"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_a_request_of_its_own_and_the_last_document_is_the_pages() {
        let mut requests = Requests::default();
        let sent = |url: &str, redirect: Value| {
            json!({ "requestId": "1", "loaderId": "1", "type": "Document", "request": { "url": url },
                    "redirectResponse": redirect })
        };
        requests.note("Network.requestWillBeSent", &sent("http://shop.example/", Value::Null));
        let moved = json!({ "status": 302, "encodedDataLength": 90 });
        requests.note("Network.requestWillBeSent", &sent("http://shop.example/home", moved));
        requests.note("Network.responseReceived", &json!({ "requestId": "1", "response": { "status": 404 } }));
        requests.note("Network.loadingFinished", &json!({ "requestId": "1", "encodedDataLength": 400 }));
        requests.note("Network.requestWillBeSent", &json!({ "requestId": "2", "request": { "url": "data:," } }));
        let seen: Vec<_> = requests.all.iter().map(|one| (one.url.as_str(), one.status, one.transfer_size)).collect();
        let expected = [("http://shop.example/", Some(302), 90), ("http://shop.example/home", Some(404), 400)];
        assert_eq!(seen, expected);
        assert!(requests.open.is_empty());
        assert_eq!(requests.document().unwrap().url, "http://shop.example/home");
    }

    #[test]
    fn a_cookie_of_a_host_alone_is_set_by_url_and_one_of_the_session_without_an_end() {
        let cookie = json!({ "name": "a", "domain": "shop.example", "path": "/x", "secure": true, "session": true,
                             "expires": -1, "size": 3 });
        assert_eq!(
            settable(cookie),
            json!({ "name": "a", "path": "/x", "secure": true, "url": "https://shop.example/x" })
        );
        let lasting = json!({ "name": "a", "domain": ".shop.example", "path": "/", "expires": 9.5, "session": false });
        assert_eq!(settable(lasting), json!({ "name": "a", "domain": ".shop.example", "path": "/", "expires": 9.5 }));
    }
}
