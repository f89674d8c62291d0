//! Values of fields that hold secrets in a copy of the DOM.

use std::ops::Range;

use super::rules::is_sensitive;

/// Adds where such values stand in `html`.
pub(super) fn find(html: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = html.as_bytes();
    let mut done = 0;
    for at in memchr::memchr_iter(b'<', bytes) {
        if at < done {
            continue;
        }
        let is_tag = |name: &str| {
            let end = at + 1 + name.len();
            bytes.get(at + 1..end).is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
                && bytes.get(end).is_some_and(|next| next.is_ascii_whitespace() || *next == b'/')
        };
        let (value_name, length) = match (is_tag("input"), is_tag("meta")) {
            (true, _) => ("value", "input".len()),
            (_, true) => ("content", "meta".len()),
            _ => continue,
        };
        let (attributes, end) = attributes(bytes, at + 1 + length);
        done = end;
        let is = |range: &Range<usize>, name: &str| bytes[range.clone()].eq_ignore_ascii_case(name.as_bytes());
        let secret = attributes.iter().any(|(name, value)| {
            let value = &html[value.clone()];
            (is(name, "type") && value.trim().eq_ignore_ascii_case("password"))
                || ((is(name, "name") || is(name, "id")) && is_sensitive(value))
                || (is(name, "autocomplete") && holds_secret(value))
        });
        if secret {
            spans.extend(attributes.iter().filter(|(name, _)| is(name, value_name)).map(|(_, value)| value.clone()));
        }
    }
}

/// Autofill field names of the HTML standard.
fn holds_secret(autocomplete: &str) -> bool {
    let secret = ["current-password", "new-password", "one-time-code", "cc-number", "cc-csc"];
    autocomplete.split_ascii_whitespace().any(|word| secret.iter().any(|name| word.eq_ignore_ascii_case(name)))
}

type Attribute = (Range<usize>, Range<usize>);

/// The attributes from `at` on, and where the tag ends.
fn attributes(bytes: &[u8], mut at: usize) -> (Vec<Attribute>, usize) {
    let mut attributes = Vec::new();
    let while_ = |from: usize, fits: &dyn Fn(u8) -> bool| {
        from + bytes.get(from..).unwrap_or_default().iter().take_while(|byte| fits(**byte)).count()
    };
    let blank = |byte: u8| byte.is_ascii_whitespace();
    loop {
        at = while_(at, &|byte| blank(byte) || byte == b'/');
        if at >= bytes.len() || bytes[at] == b'>' {
            return (attributes, at.min(bytes.len()));
        }
        // A name may begin with an equals sign; so there is always progress.
        let name_end = while_(at + 1, &|byte| !blank(byte) && !b"/>=".contains(&byte));
        let name = at..name_end;
        at = while_(name_end, &blank);
        if bytes.get(at) != Some(&b'=') {
            attributes.push((name, name_end..name_end));
            continue;
        }
        at = while_(at + 1, &blank);
        let value = if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
            at + 1..while_(at + 1, &|byte| byte != *quote)
        } else {
            at..while_(at, &|byte| !blank(byte) && byte != b'>')
        };
        // Behind the closing quotation mark, which is not always there.
        at = (value.end + usize::from(value.start > at)).min(bytes.len());
        attributes.push((name, value));
    }
}
