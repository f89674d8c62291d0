//! Cookies: those of the page are read, set and deleted.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::Page;
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// Which requests of other sites a cookie goes with (RFC 6265bis, `SameSite`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SameSite {
    /// None of them.
    Strict,
    /// Links that are followed, and nothing else.
    Lax,
    /// All; the cookie must be [`secure`](Cookie::secure).
    None,
}

/// A cookie. Its value is left out where it is shown for people: session cookies are secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host that it goes to, with a leading dot when subdomains get it too. `None` for one that is set: the host of
    /// the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The path that it goes to, and everything below it.
    pub path: String,
    /// When it ends, in seconds since 1970-01-01 UTC; `None` when it ends with the browser.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "expires")]
    pub expires: Option<f64>,
    /// Scripts of the page can't read it.
    #[serde(default)]
    pub http_only: bool,
    /// It goes over HTTPS only.
    #[serde(default)]
    pub secure: bool,
    /// Which requests of other sites it goes with; `None` when it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_site: Option<SameSite>,
}

/// A session cookie has -1.
fn expires<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<f64>, D::Error> {
    f64::deserialize(deserializer).map(|expires| Some(expires).filter(|expires| *expires >= 0.0))
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie")
            .field("name", &self.name)
            .field("value", &format_args!("*** ({} bytes)", self.value.len()))
            .field("domain", &self.domain)
            .field("path", &self.path)
            .field("expires", &self.expires)
            .field("http_only", &self.http_only)
            .field("secure", &self.secure)
            .field("same_site", &self.same_site)
            .finish()
    }
}

impl Cookie {
    /// A cookie for the page's host and all its paths that ends with the browser.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            domain: None,
            path: "/".to_owned(),
            expires: None,
            http_only: false,
            secure: false,
            same_site: None,
        }
    }
}

impl Page {
    /// The cookies that go to the page's URL, and to those of its frames (`Network.getCookies`).
    pub async fn cookies(&self) -> Result<Vec<Cookie>> {
        let what = "read the cookies";
        let mut reply = self.cdp(what, "Network.getCookies", json!({})).await?;
        serde_json::from_value(reply["cookies"].take())
            .map_err(|error| Failure::harness(format!("could not {what}: {error}")))
    }

    /// The cookie `name` of the page.
    pub async fn cookie(&self, name: &str) -> Result<Option<Cookie>> {
        Ok(self.cookies().await?.into_iter().find(|cookie| cookie.name == name))
    }

    /// Sets a cookie (`Network.setCookie`), also before the page is opened when it has a domain.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when the browser refuses it: it is for another site and not secure, or has a name,
    /// domain or prefix that it can't have.
    pub async fn set_cookie(&self, cookie: Cookie) -> Result {
        let what = format!("set the cookie {}", cookie.name);
        let mut params = serde_json::to_value(&cookie).map_err(|error| Failure::harness(error.to_string()))?;
        if cookie.domain.is_none() {
            let url = self.url().await?;
            if !url.starts_with("http") {
                let text = format!("could not {what}: {url} has no cookies; open a page first, or name a domain");
                return Err(Failure::harness(text));
            }
            params["url"] = url.into();
        }
        let reply = self.cdp(&what, "Network.setCookie", params).await?;
        if reply["success"] == Value::Bool(false) {
            return Err(Failure::new(FailureKind::Assertion, format!("could not {what}: the browser refused it")));
        }
        Ok(())
    }

    /// Deletes the cookies `name` of the page, whatever their path or domain; does nothing when there is none.
    pub async fn delete_cookie(&self, name: &str) -> Result {
        for cookie in self.cookies().await?.iter().filter(|cookie| cookie.name == name) {
            let params = json!({ "name": cookie.name, "domain": cookie.domain, "path": cookie.path });
            self.cdp(&format!("delete the cookie {name}"), "Network.deleteCookies", params).await?;
        }
        Ok(())
    }

    /// Deletes all cookies of the browser, of every site.
    pub async fn clear_cookies(&self) -> Result {
        self.cdp("delete the cookies", "Network.clearBrowserCookies", json!({})).await.map(drop)
    }
}
