//! URLs as HAR wants them.

use super::model::NameValue;
use crate::devtools::protocol::Text;

/// Whether a URL may hold this character. Browsers leave some in that RFC 3986 forbids; chrome-har escapes the same ones.
const fn forbidden(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' ' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// [`forbidden`] of every byte.
static FORBIDDEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = forbidden(byte);
        byte += 1;
    }
    table
};

/// The URL with what is forbidden in it percent-encoded.
pub(super) fn escaped<'a>(url: &Text<'a>, fragment: &str) -> Text<'a> {
    if fragment.is_empty() && !url.bytes().any(|byte| FORBIDDEN[usize::from(byte)]) {
        return url.clone();
    }
    let mut escaped = String::with_capacity(url.len() + fragment.len() + 16);
    for character in url.chars().chain(fragment.chars()) {
        match u8::try_from(character) {
            Ok(byte) if forbidden(byte) => {
                escaped.push('%');
                for half in [byte >> 4, byte & 15] {
                    escaped.extend(char::from_digit(half.into(), 16).map(|digit| digit.to_ascii_uppercase()));
                }
            }
            _ => escaped.push(character),
        }
    }
    escaped.into()
}

/// Whether it is an entry of a HAR file: it was sent to a server, or would have been.
pub(super) fn is_remote(url: &str) -> bool {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    ["http", "https", "ws", "wss"].iter().any(|remote| scheme.eq_ignore_ascii_case(remote))
}

/// Names and values of the query.
pub(super) fn query<'a>(url: &Text<'a>) -> Vec<NameValue<'a>> {
    match url {
        Text::Borrowed(url) => pairs(query_of(url)).map(|(name, value)| NameValue { name, value }).collect(),
        Text::Owned(url) => owned_pairs(query_of(url)),
    }
}

/// Names and values of a form.
pub(super) fn form<'a>(body: &Text<'a>) -> Vec<NameValue<'a>> {
    match body {
        Text::Borrowed(body) => pairs(body).map(|(name, value)| NameValue { name, value }).collect(),
        Text::Owned(body) => owned_pairs(body),
    }
}

fn pairs(encoded: &str) -> ::url::form_urlencoded::Parse<'_> {
    ::url::form_urlencoded::parse(encoded.as_bytes())
}

fn owned_pairs<'a>(encoded: &str) -> Vec<NameValue<'a>> {
    let owned = |(name, value): (Text<'_>, Text<'_>)| NameValue {
        name: name.into_owned().into(),
        value: value.into_owned().into(),
    };
    pairs(encoded).map(owned).collect()
}

/// The query, encoded, without its question mark.
fn query_of(url: &str) -> &str {
    // URLs are long, and std's search for a character is slow.
    let until = memchr::memchr(b'#', url.as_bytes()).unwrap_or(url.len());
    let url = url.get(..until).unwrap_or_default();
    let begins = memchr::memchr(b'?', url.as_bytes()).map_or(url.len(), |mark| mark + 1);
    url.get(begins..).unwrap_or_default()
}
