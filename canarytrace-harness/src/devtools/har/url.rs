//! URLs as HAR wants them.

use crate::devtools::protocol::Text;

/// Whether a URL may hold this character. Browsers leave some in that RFC 3986 forbids; chrome-har escapes the same ones.
fn forbidden(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' ' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// The URL with what is forbidden in it percent-encoded.
pub(super) fn escaped<'a>(url: &Text<'a>, fragment: &str) -> Text<'a> {
    if fragment.is_empty() && !url.bytes().any(forbidden) {
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

/// The query, encoded, without its question mark.
pub(super) fn query(url: &str) -> &str {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    url.split_once('?').map_or("", |(_, query)| query)
}
