//! Pages that show what the browser is and sends.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Fault;
use crate::site::assets;
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::pages::error;
use crate::site::session::{Session, Site};

/// User of `/faults/basic-auth`. It is public and stands on that page.
pub const PRACTICE_BASIC_AUTH_USER: &str = "ada";

/// Password of `/faults/basic-auth`. It is public and stands on that page.
pub const PRACTICE_BASIC_AUTH_PASSWORD: &str = "practice";

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("headers", "Shows the headers of the request.", "Extra headers, user agent, languages."),
    Fault::new("basic-auth", "Wants the user ada with the password practice.", "HTTP basic authentication."),
    Fault::new("client", "Shows what a script sees of the browser.", "Screen, locale, timezone, touch."),
];

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/headers", get(headers)).route("/basic-auth", get(basic_auth)).route("/client", get(client))
}

/// A header's value as the page shows it. What identifies the visitor is left out: a script could read it here though
/// the cookie is kept from scripts.
fn shown(name: &HeaderName, value: &HeaderValue) -> String {
    if [AUTHORIZATION, COOKIE].contains(name) {
        "(not shown)".to_owned()
    } else {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    }
}

async fn headers(session: Session, headers: HeaderMap) -> Response {
    let mut by_name = BTreeMap::<&str, Vec<String>>::new();
    for (name, value) in &headers {
        by_name.entry(name.as_str()).or_default().push(shown(name, value));
    }
    let by_name: BTreeMap<_, _> = by_name.into_iter().map(|(name, values)| (name, values.join(", "))).collect();
    let json = serde_json::to_string_pretty(&by_name).unwrap_or_default();
    let row = |(name, value): (&&str, &String)| {
        html!(
            r#"<tr><th scope="row"><code>{name}</code></th><td data-test="header-{name}">{value}</td></tr>"#,
            name,
            value
        )
    };
    let content = html!(
        r#"<h1>Headers</h1>
<p class="lead">What this browser sent to ask for this page.</p>
<div class="scrolls"><table><thead><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
<tbody>{rows}</tbody></table></div>
<h2>The same as JSON</h2>
<pre data-test="headers-json" tabindex="0">{json}</pre>"#,
        rows = by_name.iter().map(row).collect::<Markup>(),
        json,
    );
    session.page(Page::new("Headers", "checking extra headers, user agent and languages.", content))
}

async fn basic_auth(session: Session, headers: HeaderMap) -> Response {
    let right = format!("{PRACTICE_BASIC_AUTH_USER}:{PRACTICE_BASIC_AUTH_PASSWORD}");
    if headers.get(AUTHORIZATION).and_then(credentials).is_some_and(|given| given == right.as_bytes()) {
        let content = html!(
            r#"<h1>Basic authentication</h1><p class="lead">You are in, as <strong data-test="basic-auth-user">{user}</strong>.</p>"#,
            user = PRACTICE_BASIC_AUTH_USER,
        );
        return session.page(Page::new("Basic authentication", "a page behind HTTP basic authentication.", content));
    }
    let message = format!(
        "This page wants HTTP basic authentication: user {PRACTICE_BASIC_AUTH_USER}, password \
         {PRACTICE_BASIC_AUTH_PASSWORD}."
    );
    let mut response = error::page(session, StatusCode::UNAUTHORIZED, &message);
    let challenge = HeaderValue::from_static(r#"Basic realm="practice", charset="UTF-8""#);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// `user:password` of RFC 7617.
fn credentials(header: &HeaderValue) -> Option<Vec<u8>> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") { STANDARD.decode(encoded.trim()).ok() } else { None }
}

async fn client(session: Session) -> Response {
    let row = |(name, label): (&str, &str)| {
        html!(r#"<tr><th scope="row">{label}</th><td data-test="{name}">…</td></tr>"#, label, name)
    };
    let rows = [
        ("timezone", "Time zone"),
        ("locale", "Locale"),
        ("languages", "Languages"),
        ("screen", "Screen"),
        ("viewport", "Viewport"),
        ("device-pixel-ratio", "Device pixel ratio"),
        ("touch", "Touch"),
        ("pointer", "Main pointer"),
        ("color-scheme", "Colour scheme"),
        ("user-agent", "User agent"),
        ("mobile", "Mobile, as the browser says"),
    ];
    let content = html!(
        r#"<h1>Client</h1>
<p class="lead">What a script on this page sees of the browser.</p>
<div class="scrolls"><table id="client"><tbody>{rows}</tbody></table></div>"#,
        rows = rows.into_iter().map(row).collect::<Markup>(),
    );
    let purpose = "checking presets of devices, locale, time zone and user agent.";
    session.page(Page { assets: vec![&assets::CLIENT], ..Page::new("Client", purpose, content) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn headers_are_shown_as_text_and_as_json() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        client.set_cookie("practice_shop=private");
        let sent = [
            ("user-agent", "Canary/1"),
            ("accept-language", "cs-CZ"),
            ("x-extra", "<b onclick=\"x\">'"),
            ("x-twice", "one"),
            ("x-twice", "two"),
            ("authorization", "Bearer private"),
        ];
        let page = client.get_with("/faults/headers", &sent).await;
        assert_eq!(page.text_of("header-user-agent"), "Canary/1");
        assert_eq!(page.text_of("header-accept-language"), "cs-CZ");
        assert_eq!(page.text_of("header-x-extra"), "&lt;b onclick=&quot;x&quot;&gt;&#39;");
        assert_eq!(page.text_of("header-x-twice"), "one, two");
        assert!(page.text_of("headers-json").contains("&quot;x-twice&quot;: &quot;one, two&quot;"));
        assert_eq!(page.text_of("header-cookie"), "(not shown)");
        assert!(!page.body.contains("private"), "nothing that identifies the visitor is shown");
    }

    #[tokio::test]
    async fn basic_auth_lets_in_who_knows_the_published_password() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let with = async |value: &str| client.get_with("/faults/basic-auth", &[("authorization", value)]).await;
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));

        let page = with(&basic("ada:practice")).await;
        assert_eq!((page.status, page.text_of("basic-auth-user")), (200, "ada".to_owned()));
        let refused = client.get("/faults/basic-auth").await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").starts_with("Basic realm="));
        for wrong in [basic("ada:wrong"), basic("ada"), basic(""), "Basic !".into(), "Bearer x".into(), "Basic".into()]
        {
            assert_eq!(with(&wrong).await.status, 401, "{wrong}");
        }
    }

    #[tokio::test]
    async fn the_script_of_the_client_page_fills_every_row() {
        let site = TestSite::start();
        let page = Client::new(&site).get("/faults/client").await;
        let script = assets::CLIENT.content();
        let rows: Vec<&str> =
            page.body.split(r#"<td data-test=""#).skip(1).filter_map(|row| row.split('"').next()).collect();
        assert!(rows.len() > 5);
        for row in rows {
            assert!(script.contains(&format!("\n  \"{row}\":")), "{row}");
        }
    }
}
