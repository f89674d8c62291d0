//! What is a secret by the place it stands in: credentials in headers and URLs, fields with telling names.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Names, or words of names, are looked at up to this length; it keeps the search linear.
const LONGEST_NAME: usize = 64;

/// Whether a name (of a header, parameter, field or key) tells that its value is a secret.
pub(crate) fn is_sensitive(name: &str) -> bool {
    const WHOLE: &[&str] = &[
        "authorization",
        "cookie",
        "cookies",
        "jsessionid",
        "jwt",
        "otp",
        "pass",
        "phpsessid",
        "proxy-authorization",
        "pwd",
        "set-cookie",
        "set-cookie2",
        "sig",
        "signature",
        "x-amz-signature",
    ];
    const PART: &[&str] = &[
        "access-key",
        "accesskey",
        "api-key",
        "apikey",
        "credential",
        "passphrase",
        "passwd",
        "password",
        "private-key",
        "privatekey",
        "secret",
        "token",
    ];
    /// Chromium's flag that says where passwords are kept, not what they are.
    const NO_SECRET: &str = "password-store";
    if name.len() > LONGEST_NAME {
        return false;
    }
    let name = name.to_ascii_lowercase().replace(['_', ' ', '.'], "-");
    if name.trim_start_matches('-') == NO_SECRET {
        return false;
    }
    WHOLE.contains(&name.as_str()) || PART.iter().any(|part| name.contains(part))
}

/// Adds where secrets stand in `text`.
pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    schemes(text, spans);
    let bytes = text.as_bytes();
    let mut done = 0;
    for at in memchr::memchr2_iter(b'=', b':', bytes) {
        if at < done {
            continue;
        }
        let span = if bytes[at] == b'=' { assignment(text, at) } else { colon(text, at) };
        if let Some(span) = span.filter(|span| !span.is_empty()) {
            done = span.end;
            spans.push(span);
        }
    }
}

/// `Bearer …` and `Basic …` (RFC 6750, RFC 7617) wherever they are quoted.
fn schemes(text: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let lower = |range: Range<usize>| bytes.get(range).map(<[u8]>::to_ascii_lowercase);
    for blank in memchr::memchr_iter(b' ', bytes).chain(memchr::memmem::find_iter(bytes, "%20")) {
        let word = |length: usize, word: &[u8]| {
            let start = blank.checked_sub(length)?;
            let begins = start.checked_sub(1).is_none_or(|before| !bytes[before].is_ascii_alphanumeric());
            (begins && lower(start..blank)? == word).then_some(())
        };
        let (bearer, basic) = (word(6, b"bearer").is_some(), word(5, b"basic").is_some());
        if !bearer && !basic {
            continue;
        }
        let mut start = blank + if bytes[blank] == b' ' { 1 } else { 3 };
        while bytes.get(start) == Some(&b' ') {
            start += 1;
        }
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=%".contains(byte);
        let length = bytes[start..].iter().take_while(|byte| is_token(byte)).count();
        // A full stop at the end is the sentence's.
        let token = text[start..start + length].trim_end_matches('.');
        if if basic { is_basic(token) } else { is_bearer(token) } {
            spans.push(start..start + token.len());
        }
    }
}

/// Prose about bearer tokens is no token. Everything else that follows the word is masked.
fn is_bearer(token: &str) -> bool {
    const PROSE: [&str; 13] = [
        "",
        "and",
        "auth",
        "authentication",
        "authorization",
        "error",
        "is",
        "of",
        "or",
        "realm",
        "scheme",
        "token",
        "tokens",
    ];
    let word = token.split('=').next().unwrap_or_default();
    let prose = PROSE.contains(&word.to_ascii_lowercase().as_str());
    // Prose ends with the word; realm="…" is what a server asks with.
    !(prose && (word.len() == token.len() || word == "realm" || word == "error"))
}

/// "Basic plan" is the name of a product; credentials are base64 of `user:password`.
fn is_basic(token: &str) -> bool {
    let token = token.replace("%3D", "=").replace("%3d", "=").replace("%2B", "+").replace("%2F", "/");
    let bare = token.trim_end_matches('=');
    let padded = format!("{bare:=<width$}", width = bare.len().next_multiple_of(4));
    STANDARD.decode(padded).is_ok_and(|pair| pair.contains(&b':'))
}

/// `password=…` in forms, queries, attributes, command lines. `at` is the equals sign.
fn assignment(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let compares = |byte: Option<&u8>| matches!(byte, Some(b'=' | b'!' | b'<' | b'>' | b'~'));
    if compares(bytes.get(at + 1)) || compares(at.checked_sub(1).and_then(|before| bytes.get(before))) {
        return None;
    }
    if !is_sensitive(name_before(text, at)) {
        return None;
    }
    match bytes.get(at + 1)? {
        quote @ (b'"' | b'\'') => Some(quoted(bytes, at + 2, *quote)),
        _ => Some(word(bytes, at + 1)),
    }
}

/// `"password": …`, `Cookie: …`, `https://user:password@host`. `at` is the colon.
fn colon(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if bytes[at + 1..].starts_with(b"//") {
        return user_information(bytes, at + 3);
    }
    let mut end = at;
    let quote = match at.checked_sub(1).map(|before| bytes[before]) {
        Some(quote @ (b'"' | b'\'')) => {
            end -= 1;
            Some(quote)
        }
        _ => None,
    };
    // {\"password\": …}: JSON within JSON.
    let escaped = quote.is_some() && end > 0 && bytes[end - 1] == b'\\';
    end -= usize::from(escaped);
    let name = name_before(text, end);
    if !is_sensitive(name) {
        return None;
    }
    let start = at + 1 + bytes[at + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if quote.is_none() && is_header(name) {
        return Some(header_value(bytes, end - name.len(), start));
    }
    match bytes.get(start)? {
        b'\\' if escaped => {
            let close = memchr::memmem::find(bytes.get(start + 2..)?, b"\\\"");
            Some(start + 2..close.map_or(bytes.len(), |close| start + 2 + close))
        }
        open @ (b'"' | b'\'') => Some(quoted(bytes, start + 1, *open)),
        b'{' | b'[' => Some(nested(bytes, start)),
        _ if quote.is_some() => {
            let span = word(bytes, start);
            // Whether there is one is no secret.
            (!matches!(&bytes[span.clone()], b"null" | b"true" | b"false")).then_some(span)
        }
        // "Password: at least 8 characters" is a label of a page; `password: hunter2` is a line of a log.
        _ if name.starts_with(|c: char| c.is_ascii_lowercase()) => Some(word(bytes, start)),
        _ => None,
    }
}

fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains('-') || matches!(name.as_str(), "authorization" | "cookie")
}

/// The whole line: a cookie's value has blanks and semicolons. When the header stands in quotes, up to their end.
fn header_value(bytes: &[u8], name_start: usize, start: usize) -> Range<usize> {
    let open = name_start.checked_sub(1).map(|before| bytes[before]).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let rest = &bytes[start..];
    let line = &rest[..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
    let close = open.and_then(|open| memchr::memchr(open, line));
    start..start + close.unwrap_or(line.len())
}

/// The name that ends at `end`.
fn name_before(text: &str, end: usize) -> &str {
    let bytes = text.as_bytes();
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(byte);
    // One more than the longest name, so that the end of a long word is not taken for a name.
    let length = bytes[..end].iter().rev().take(LONGEST_NAME + 1).take_while(|byte| of_name(byte)).count();
    &text[end - length..end]
}

/// Up to the closing quotation mark, escaped ones left out.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> Range<usize> {
    let mut from = start;
    while let Some(at) = bytes.get(from..).and_then(|rest| memchr::memchr2(quote, b'\\', rest)) {
        if bytes[from + at] == quote {
            return start..from + at;
        }
        from += at + 2;
    }
    start..bytes.len()
}

/// Up to what can't be part of a value outside of quotes.
fn word(bytes: &[u8], start: usize) -> Range<usize> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"&#\"'<>;,)]}`\\".contains(byte);
    start..start + bytes[start..].iter().take_while(|byte| !ends(byte)).count()
}

/// Up to the bracket that closes the one at `start`.
fn nested(bytes: &[u8], start: usize) -> Range<usize> {
    let mut depth = 0usize;
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = quoted(bytes, at + 1, b'"').end,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    start..at.min(bytes.len())
}

/// `user:password@` behind `//`.
fn user_information(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/?#\"'<>\\`".contains(byte);
    let authority = &bytes[start..start + bytes[start..].iter().take_while(|byte| !ends(byte)).count()];
    memchr::memrchr(b'@', authority).map(|at| start..start + at)
}
