//! Over values that are not read now.

use super::block::{BLOCK, Block};
use super::scan::{blank, byte, escape, scalar, string};

/// Behind a value that nobody will read. Of objects and arrays only strings and brackets are looked at: every string
/// ends and holds nothing that it may not hold, every bracket is closed by its like.
#[inline]
pub(super) fn unread(text: &[u8], at: usize) -> Option<usize> {
    match byte(text, at) {
        b'"' => string(text, at + 1),
        b'{' | b'[' => nested(text, at),
        _ => scalar(text, at),
    }
}

fn nested(text: &[u8], begins: usize) -> Option<usize> {
    let mut brackets = Brackets::default();
    // All bits when the last block ended within a string.
    let mut within = 0;
    // Up to here an escape reaches that began before.
    let mut escaped = 0;
    let mut at = begins;
    while at < text.len() {
        let block = if let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk) {
            Block::of(block)
        } else {
            let rest = text.get(at..)?;
            let mut padded = [b' '; BLOCK];
            padded.get_mut(..rest.len())?.copy_from_slice(rest);
            Block::of(&padded)
        };
        let mut quotes = block.quotes;
        if block.backslashes != 0 || escaped > at {
            quotes &= !escapes(text, at, block.backslashes, &mut escaped)?;
        }
        let strings = inside(quotes) ^ within;
        if (block.controls & strings) | (block.backslashes & !strings) != 0 {
            return None;
        }
        within = 0_u64.wrapping_sub(strings >> 63);
        let mut left = block.brackets & !strings;
        while left != 0 {
            let bracket = at + left.trailing_zeros() as usize;
            left &= left - 1;
            match byte(text, bracket) {
                b'{' => brackets.open(1),
                b'[' => brackets.open(0),
                closing => {
                    if brackets.close() != u64::from(closing == b'}') {
                        return None;
                    }
                    if brackets.depth == 0 {
                        return Some(bracket + 1);
                    }
                }
            }
        }
        at += BLOCK;
    }
    None
}

/// The bytes of the block at this place that belong to escapes but for their backslashes. `escaped` is where the last
/// escape ends.
fn escapes(text: &[u8], block: usize, mut backslashes: u64, escaped: &mut usize) -> Option<u64> {
    let bit = |at: usize| if at < BLOCK { 1_u64 << at } else { 0 };
    let mut bits = if *escaped > block { bit(0) } else { 0 };
    while backslashes != 0 {
        let at = block + backslashes.trailing_zeros() as usize;
        backslashes &= backslashes - 1;
        if at >= *escaped {
            escape(text, at)?;
            *escaped = at + 2;
            bits |= bit(at + 1 - block);
        }
    }
    Some(bits)
}

/// From every quote that opens a string to before the one that closes it.
fn inside(quotes: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(quotes, |bits, shift| bits ^ (bits << shift))
}

/// Which brackets are open.
#[derive(Debug, Default)]
struct Brackets {
    depth: usize,
    /// One bit each, the innermost lowest.
    kinds: u64,
    /// Those that there is no room for in `kinds`.
    outer: Vec<u64>,
}

impl Brackets {
    fn open(&mut self, kind: u64) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.kinds);
        }
        self.kinds = self.kinds << 1 | kind;
        self.depth += 1;
    }

    /// The kind of the innermost one; there is one.
    fn close(&mut self) -> u64 {
        let kind = self.kinds & 1;
        self.kinds >>= 1;
        self.depth -= 1;
        if self.depth.is_multiple_of(64) {
            self.kinds = self.outer.pop().unwrap_or_default();
        }
        kind
    }
}

/// Behind a value that will be read later: as strict as reading.
pub(super) fn checked(text: &[u8], mut at: usize) -> Option<usize> {
    let mut brackets = Brackets::default();
    loop {
        match byte(text, at) {
            b'"' => at = string(text, at + 1)?,
            open @ (b'{' | b'[') => {
                at = blank(text, at + 1);
                // Brackets are two apart in ASCII.
                if byte(text, at) == open + 2 {
                    at += 1;
                } else {
                    brackets.open(u64::from(open == b'{'));
                    if open == b'{' {
                        at = key(text, at)?;
                    }
                    continue;
                }
            }
            _ => at = scalar(text, at)?,
        }
        loop {
            if brackets.depth == 0 {
                return Some(at);
            }
            at = blank(text, at);
            let object = brackets.kinds & 1 == 1;
            match byte(text, at) {
                b',' => {
                    at = blank(text, at + 1);
                    if object {
                        at = key(text, at)?;
                    }
                    break;
                }
                b'}' if object => {}
                b']' if !object => {}
                _ => return None,
            }
            at += 1;
            brackets.close();
        }
    }
}

/// At the value of a key.
#[inline]
fn key(text: &[u8], at: usize) -> Option<usize> {
    let at = if byte(text, at) == b'"' { string(text, at + 1)? } else { return None };
    let at = blank(text, at);
    (byte(text, at) == b':').then(|| blank(text, at + 1))
}
