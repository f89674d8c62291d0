//! Cookies from the headers that carry them.

use jiff::fmt::rfc2822;

use super::model::Cookie;
use crate::devtools::protocol::{IntoOwned, Text};

/// Those of `Cookie`.
pub(super) fn sent<'a>(header: &Text<'a>) -> Vec<Cookie<'a>> {
    match header {
        Text::Borrowed(header) => pairs(header).collect(),
        Text::Owned(header) => pairs(header).map(owned).collect(),
    }
}

/// Those of `Set-Cookie`, of which there is one a line.
pub(super) fn set<'a>(header: &Text<'a>) -> Vec<Cookie<'a>> {
    match header {
        Text::Borrowed(header) => lines(header).collect(),
        Text::Owned(header) => lines(header).map(owned).collect(),
    }
}

fn pairs(header: &str) -> impl Iterator<Item = Cookie<'_>> {
    header.split(';').filter(|pair| !pair.trim().is_empty()).map(|pair| {
        let (name, value) = named(pair);
        Cookie { name: name.into(), value: value.into(), ..Cookie::default() }
    })
}

fn lines(header: &str) -> impl Iterator<Item = Cookie<'_>> {
    header.split('\n').filter(|line| !line.trim().is_empty()).map(parse_set)
}

fn parse_set(line: &str) -> Cookie<'_> {
    let mut pieces = line.split(';');
    let (name, value) = pieces.next().map(named).unwrap_or_default();
    let (http_only, secure) = (Some(false), Some(false));
    let mut cookie = Cookie { name: name.into(), value: value.into(), http_only, secure, ..Cookie::default() };
    for attribute in pieces {
        // Without an equals sign it is a value.
        let (name, value) = match named(attribute) {
            ("", name) => (name, ""),
            named => named,
        };
        let is = |attribute: &str| name.eq_ignore_ascii_case(attribute);
        if is("path") {
            cookie.path = Some(value.into()).filter(|_| !value.is_empty());
        } else if is("domain") {
            cookie.domain = Some(value.into()).filter(|_| !value.is_empty());
        } else if is("expires") {
            cookie.expires = date(value);
        } else if is("httponly") {
            cookie.http_only = Some(true);
        } else if is("secure") {
            cookie.secure = Some(true);
        } else if is("samesite") {
            cookie.same_site = Some(value.into());
        }
    }
    cookie
}

/// Name and value; what has no equals sign is a value without a name, as in browsers.
fn named(pair: &str) -> (&str, &str) {
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    (name.trim(), value.trim())
}

fn owned(cookie: Cookie<'_>) -> Cookie<'static> {
    let Cookie { name, value, path, domain, expires, http_only, secure, same_site } = cookie;
    Cookie {
        name: IntoOwned::into_owned(name),
        value: IntoOwned::into_owned(value),
        path: path.into_owned(),
        domain: domain.into_owned(),
        expires,
        http_only,
        secure,
        same_site: same_site.into_owned(),
    }
}

/// `Wed, 21 Oct 2026 07:28:00 GMT`, and with hyphens, as ISO 8601.
fn date(text: &str) -> Option<String> {
    static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim().replace('-', " ");
    let timestamp = PARSER.parse_timestamp(text.trim_end_matches("GMT").trim_end().to_owned() + " +0000").ok()?;
    Some(timestamp.to_string())
}
