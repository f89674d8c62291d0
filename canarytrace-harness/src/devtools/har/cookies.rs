//! Cookies from the headers that carry them.

use jiff::fmt::rfc2822;

use super::model::Cookie;
use crate::devtools::protocol::Text;

/// Those of `Cookie`.
pub(super) fn sent<'a>(header: &Text<'a>) -> Vec<Cookie<'a>> {
    let pairs = pieces(header, ';').into_iter().filter(|pair| !pair.trim().is_empty());
    pairs.map(|pair| named(&pair)).collect()
}

/// Those of `Set-Cookie`, of which there is one a line.
pub(super) fn set<'a>(header: &Text<'a>) -> Vec<Cookie<'a>> {
    pieces(header, '\n').iter().filter(|line| !line.trim().is_empty()).map(parse_set).collect()
}

fn parse_set<'a>(line: &Text<'a>) -> Cookie<'a> {
    let mut pieces = pieces(line, ';').into_iter();
    let mut cookie = pieces.next().map(|pair| named(&pair)).unwrap_or_default();
    cookie.http_only = Some(false);
    cookie.secure = Some(false);
    for attribute in pieces {
        let Cookie { name, value, .. } = named(&attribute);
        // Without an equals sign it is a value.
        let (name, value) = if name.is_empty() { (value, "".into()) } else { (name, value) };
        match name.to_ascii_lowercase().as_str() {
            "path" => cookie.path = Some(value).filter(|path| !path.is_empty()),
            "domain" => cookie.domain = Some(value).filter(|domain| !domain.is_empty()),
            "expires" => cookie.expires = date(&value),
            "httponly" => cookie.http_only = Some(true),
            "secure" => cookie.secure = Some(true),
            "samesite" => cookie.same_site = Some(value),
            _ => {}
        }
    }
    cookie
}

/// Name and value; what has no equals sign is a value without a name, as in browsers.
fn named<'a>(pair: &Text<'a>) -> Cookie<'a> {
    let cut = |from: &Text<'a>, range: std::ops::Range<usize>| -> Text<'a> {
        let part = from.get(range.clone()).unwrap_or_default();
        let start = range.start + part.len() - part.trim_start().len();
        let end = start + part.trim().len();
        slice(from, start..end)
    };
    let (name, value) = match pair.find('=') {
        Some(at) => (cut(pair, 0..at), cut(pair, at + 1..pair.len())),
        None => ("".into(), cut(pair, 0..pair.len())),
    };
    Cookie { name, value, ..Cookie::default() }
}

/// Splits a text, borrowing from what it borrows from.
fn pieces<'a>(text: &Text<'a>, separator: char) -> Vec<Text<'a>> {
    match text {
        Text::Borrowed(text) => text.split(separator).map(Text::Borrowed).collect(),
        Text::Owned(text) => text.split(separator).map(|piece| Text::Owned(piece.to_owned())).collect(),
    }
}

fn slice<'a>(text: &Text<'a>, range: std::ops::Range<usize>) -> Text<'a> {
    match text {
        Text::Borrowed(text) => Text::Borrowed(text.get(range).unwrap_or_default()),
        Text::Owned(text) => Text::Owned(text.get(range).unwrap_or_default().to_owned()),
    }
}

/// `Wed, 21 Oct 2026 07:28:00 GMT`, and with hyphens, as ISO 8601.
fn date(text: &str) -> Option<String> {
    static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim().replace('-', " ");
    let timestamp = PARSER.parse_timestamp(text.trim_end_matches("GMT").trim_end().to_owned() + " +0000").ok()?;
    Some(timestamp.to_string())
}
