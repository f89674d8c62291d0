//! Where blanks, strings and scalars end.
//!
//! Each function takes a whole text and a place in it, and gives the place behind; `None` for what JSON doesn't allow.

use wide::u8x16;

/// So many bytes are looked at at once.
const PART: usize = 16;

/// The byte at this place; 0, which stands nowhere in JSON, behind the end.
#[inline]
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The bytes from this place on, if there are enough of them.
#[inline]
fn part(text: &[u8], at: usize) -> Option<u8x16> {
    text.get(at..)?.first_chunk::<PART>().map(|part| u8x16::new(*part))
}

/// Behind white space.
#[inline]
pub(super) fn blank(text: &[u8], at: usize) -> usize {
    match byte(text, at) {
        b' ' if byte(text, at + 1) > b' ' => at + 1,
        0..=b' ' => blanks(text, at),
        _ => at,
    }
}

/// Behind a line end and what the next line is indented by.
#[inline]
fn blanks(text: &[u8], mut at: usize) -> usize {
    if byte(text, at) == b'\n' {
        at += 1;
    }
    while let Some(part) = part(text, at) {
        let spaces = part.simd_eq(u8x16::splat(b' ')).to_bitmask().trailing_ones() as usize;
        at += spaces;
        if spaces < PART {
            break;
        }
    }
    if byte(text, at) > b' ' { at } else { any_blanks(text, at) }
}

#[cold]
fn any_blanks(text: &[u8], mut at: usize) -> usize {
    while let b' ' | b'\n' | b'\t' | b'\r' = byte(text, at) {
        at += 1;
    }
    at
}

/// At the first byte of a string that doesn't stand for itself: a quote, a backslash, a control character; or at the end.
#[inline]
pub(super) fn plain(text: &[u8], mut at: usize) -> usize {
    while let Some(part) = part(text, at) {
        let control = part.min(u8x16::splat(0x1F)).simd_eq(part);
        let found = control | part.simd_eq(u8x16::splat(b'"')) | part.simd_eq(u8x16::splat(b'\\'));
        let found = found.to_bitmask();
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += PART;
    }
    while text.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | ..0x20)) {
        at += 1;
    }
    at
}

/// Behind a string whose first quote is before this place.
#[inline]
pub(super) fn string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = plain(text, at);
        match byte(text, at) {
            b'"' => return Some(at + 1),
            b'\\' => at = escape(text, at)?,
            _ => return None,
        }
    }
}

/// Behind an escape.
pub(super) fn escape(text: &[u8], at: usize) -> Option<usize> {
    match byte(text, at + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 6),
        _ => None,
    }
}

/// Behind digits, of which there must be one.
fn digits(text: &[u8], begins: usize) -> Option<usize> {
    let mut at = begins;
    while byte(text, at).is_ascii_digit() {
        at += 1;
    }
    (at > begins).then_some(at)
}

/// Behind a number.
pub(super) fn number(text: &[u8], at: usize) -> Option<usize> {
    let begins = at + usize::from(byte(text, at) == b'-');
    let mut at = digits(text, begins)?;
    if byte(text, begins) == b'0' && at > begins + 1 {
        return None;
    }
    if byte(text, at) == b'.' {
        at = digits(text, at + 1)?;
    }
    if let b'e' | b'E' = byte(text, at) {
        let signed = matches!(byte(text, at + 1), b'+' | b'-');
        at = digits(text, at + 1 + usize::from(signed))?;
    }
    Some(at)
}

/// Behind this word.
#[inline]
pub(super) fn word(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

/// Behind a scalar other than a string.
#[inline]
pub(super) fn scalar(text: &[u8], at: usize) -> Option<usize> {
    match byte(text, at) {
        b't' => word(text, at, b"true"),
        b'f' => word(text, at, b"false"),
        b'n' => word(text, at, b"null"),
        _ => number(text, at),
    }
}
