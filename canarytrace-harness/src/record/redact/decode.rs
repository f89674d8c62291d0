//! Views of a text without one layer of encoding, with the way back to the places they came from.

use std::borrow::Cow;
use std::ops::Range;

/// A text, possibly decoded.
pub(super) struct View<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Where decoded and encoded positions part: after each entry both count alike, until the next one. Only escapes
    /// leave entries, so that a large plain text costs nothing.
    anchors: Vec<Anchor>,
}

#[derive(Clone, Copy)]
struct Anchor {
    decoded: usize,
    encoded: usize,
    /// The bytes from here to the next anchor all come from the escape that begins at `encoded`.
    escape: bool,
}

/// A layer of encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// `%40` (RFC 3986).
    Percent,
    /// `%40`, and `+` for a blank (`application/x-www-form-urlencoded`).
    Form,
    /// `&amp;`, `&#64;`, `&#x40;`.
    Html,
    /// `\"`, `\u0040`, `\x40`: JSON and JavaScript.
    Backslash,
}

impl<'a> View<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), anchors: Vec::new() }
    }

    /// The same without one layer; none when nothing is encoded so.
    pub(super) fn decoded(&self, layer: Layer) -> Option<View<'static>> {
        let bytes = &*self.bytes;
        let (marker, other) = match layer {
            Layer::Percent => (b'%', b'%'),
            Layer::Form => (b'+', b'%'),
            Layer::Html => (b'&', b'&'),
            Layer::Backslash => (b'\\', b'\\'),
        };
        // Form without a plus is the same as percent.
        memchr::memchr(marker, bytes)?;
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut anchors = Vec::new();
        let mut done = 0;
        for at in memchr::memchr2_iter(marker, other, bytes) {
            if at < done {
                continue;
            }
            let Some((unit, length)) = unit(&bytes[at..], layer) else { continue };
            decoded.extend_from_slice(&bytes[done..at]);
            anchors.push(Anchor { decoded: decoded.len(), encoded: at, escape: true });
            decoded.extend_from_slice(unit.bytes());
            done = at + length;
            anchors.push(Anchor { decoded: decoded.len(), encoded: done, escape: false });
        }
        if anchors.is_empty() {
            return None;
        }
        decoded.extend_from_slice(&bytes[done..]);
        Some(View { bytes: Cow::Owned(decoded), anchors })
    }

    /// The place in the encoded text (that of the view this one was decoded from) that a stretch came from.
    pub(super) fn encoded(&self, range: Range<usize>) -> Range<usize> {
        let before = |position: usize| {
            let index = self.anchors.partition_point(|anchor| anchor.decoded <= position);
            index.checked_sub(1).map(|index| (index, self.anchors[index]))
        };
        let start = match before(range.start) {
            None => range.start,
            Some((_, anchor)) if anchor.escape => anchor.encoded,
            Some((_, anchor)) => anchor.encoded + (range.start - anchor.decoded),
        };
        let end = match before(range.end) {
            None => range.end,
            // The stretch ends where an escape begins, or within it: then the whole escape belongs to it.
            Some((_, anchor)) if anchor.escape && anchor.decoded == range.end => anchor.encoded,
            Some((index, anchor)) if anchor.escape => self.anchors.get(index + 1).map_or(anchor.encoded, |a| a.encoded),
            Some((_, anchor)) => anchor.encoded + (range.end - anchor.decoded),
        };
        start..end
    }
}

/// The bytes that one escape stands for.
enum Unit {
    Byte(u8),
    Char([u8; 4], usize),
}

impl Unit {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Byte(byte) => std::slice::from_ref(byte),
            Self::Char(bytes, length) => &bytes[..*length],
        }
    }

    fn char(c: char) -> Self {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        Self::Char(bytes, length)
    }
}

/// The escape that `bytes` begin with, and its length.
fn unit(bytes: &[u8], layer: Layer) -> Option<(Unit, usize)> {
    match layer {
        Layer::Form if bytes[0] == b'+' => Some((Unit::Byte(b' '), 1)),
        Layer::Percent | Layer::Form => Some((Unit::Byte(u8::try_from(hex(bytes.get(1..3)?)?).ok()?), 3)),
        Layer::Html => entity(bytes),
        Layer::Backslash => backslash(bytes),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A character reference. Of the named ones, those that serialisers write and that templates use for punctuation.
fn entity(bytes: &[u8]) -> Option<(Unit, usize)> {
    const LONGEST: usize = 12;
    const NAMED: [(&[u8], char); 28] = [
        (b"amp", '&'),
        (b"lt", '<'),
        (b"gt", '>'),
        (b"quot", '"'),
        (b"apos", '\''),
        (b"nbsp", '\u{a0}'),
        (b"excl", '!'),
        (b"num", '#'),
        (b"dollar", '$'),
        (b"percnt", '%'),
        (b"lpar", '('),
        (b"rpar", ')'),
        (b"ast", '*'),
        (b"plus", '+'),
        (b"comma", ','),
        (b"period", '.'),
        (b"sol", '/'),
        (b"colon", ':'),
        (b"semi", ';'),
        (b"equals", '='),
        (b"quest", '?'),
        (b"commat", '@'),
        (b"lsqb", '['),
        (b"bsol", '\\'),
        (b"rsqb", ']'),
        (b"Hat", '^'),
        (b"lowbar", '_'),
        (b"grave", '`'),
    ];
    let end = memchr::memchr(b';', bytes.get(..LONGEST.min(bytes.len()))?)?;
    let name = &bytes[1..end];
    let c = match name {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        name => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((Unit::char(c), end + 1))
}

fn backslash(bytes: &[u8]) -> Option<(Unit, usize)> {
    let simple = |byte| Some((Unit::Byte(byte), 2));
    match bytes.get(1)? {
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'b' => simple(8),
        b'f' => simple(12),
        b'x' => Some((Unit::char(char::from_u32(hex(bytes.get(2..4)?)?)?), 4)),
        b'u' => {
            let first = hex(bytes.get(2..6)?)?;
            if let Some(c) = char::from_u32(first) {
                return Some((Unit::char(c), 6));
            }
            let low = bytes.get(6..8).filter(|next| next == b"\\u").and_then(|_| hex(bytes.get(8..12)?))?;
            let pair = [u16::try_from(first).ok()?, u16::try_from(low).ok()?];
            Some((Unit::char(char::decode_utf16(pair).next()?.ok()?), 12))
        }
        escaped @ (b'"' | b'\'' | b'\\' | b'/' | b'`' | b'$') => simple(*escaped),
        _ => None,
    }
}

/// The text without percent-encoding; bytes that are no UTF-8 are replaced.
pub(crate) fn percent_decode(text: &str) -> String {
    let decoded = View::of(text).decoded(Layer::Percent);
    decoded.map_or_else(|| text.to_owned(), |view| String::from_utf8_lossy(&view.bytes).into_owned())
}
