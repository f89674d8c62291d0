//! Where messages begin and end in a text that grows: lines, or the values of an array.

use std::ops::Range;

use memchr::{memchr, memchr3};
use serde::de::IgnoredAny;

/// White space before a name that a message may begin with; more is none of ours.
const MAX_BLANK: usize = 200;

/// How a text holds its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line.
    Lines,
    /// Values with commas or white space between them.
    Values,
}

/// Tells from its beginning how a text holds its messages, and where they begin.
pub(super) fn layout(head: &[u8]) -> (Layout, usize) {
    let blank = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = blank.trim_ascii_start();
    let begins = head.len() - text.len();
    if text.starts_with(b"[") {
        return (Layout::Values, begins + 1);
    }
    if begins_message(text) != Some(true)
        && let Some(inside) = wrapped(text)
    {
        return (Layout::Values, begins + inside);
    }
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    // The last one may go on.
    if lines.len() > 1 {
        lines.pop();
    }
    let whole = |line: &&[u8]| line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok();
    let brace = |line: &&[u8]| matches!(line.trim_ascii(), b"{" | b"}" | b"},");
    // A list whose bracket was lost; or everything in one line, which may be such a list.
    let list = !text.starts_with(b"{") || text[1..].trim_ascii_start().starts_with(b"{") || !text.contains(&b'\n');
    if !lines.iter().any(whole) && (list || lines.iter().any(brace)) {
        return (Layout::Values, begins);
    }
    (Layout::Lines, begins)
}

/// Where the values begin of `{"version": 1, "messages": [{…}, …]}`.
fn wrapped(text: &[u8]) -> Option<usize> {
    let blank = |at: usize| at + text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let string = |at: usize| -> Option<usize> {
        let mut at = text.get(at).filter(|byte| **byte == b'"').map(|_| at + 1)?;
        loop {
            match text.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                b'\n' => return None,
                _ => at += 1,
            }
        }
    };
    let mut at = text.first().filter(|byte| **byte == b'{').map(|_| blank(1))?;
    loop {
        at = blank(string(at)?);
        at = blank(text.get(at).filter(|byte| **byte == b':').map(|_| at + 1)?);
        match text.get(at)? {
            b'[' => {
                let inside = blank(at + 1);
                return text.get(inside).filter(|byte| **byte == b'{').map(|_| at + 1);
            }
            b'{' => return None,
            b'"' => at = string(at)?,
            _ => at += text[at..].iter().take_while(|byte| !matches!(byte, b',' | b'}' | b']')).count(),
        }
        at = blank(at);
        at = blank(text.get(at).filter(|byte| **byte == b',').map(|_| at + 1)?);
    }
}

/// What was found in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A message, as it looks.
    Message(Range<usize>),
    /// These bytes are no message.
    Broken(Range<usize>, &'static str),
    /// From here on is no message, for this reason.
    Lost(usize, &'static str),
    /// Here the next one begins, or the text ends.
    Resumed(usize),
    /// More text is needed, that before this place no longer.
    More(usize),
}

/// Finds the values of a list. Each byte is looked at once.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Up to here the text was looked at.
    at: usize,
    /// Where the open value begins, and how deep we are in it.
    open: Option<(usize, usize)>,
    in_text: bool,
    /// Whether we look for the next message after something that is none.
    lost: bool,
    /// Whether the last bracket closed the array.
    pub(super) closed: bool,
}

impl Values {
    /// Begins at this place of a text.
    pub(super) fn begin(at: usize) -> Self {
        Self { at, ..Self::default() }
    }

    /// Begins at the next message after this place.
    pub(super) fn begin_after(at: usize) -> Self {
        Self { at, lost: true, ..Self::default() }
    }

    /// The text lost its first bytes: so many.
    pub(super) fn cut(&mut self, bytes: usize) {
        self.at -= bytes;
        if let Some((begins, _)) = &mut self.open {
            *begins -= bytes;
        }
    }

    /// Finds the next message in `text`; `all` when nothing more will come.
    pub(super) fn next(&mut self, text: &[u8], all: bool) -> Found {
        loop {
            let found = match self.open {
                _ if self.lost => Some(self.find(text, all)),
                None => self.between(text),
                Some((begins, depth)) => self.within(text, all, begins, depth),
            };
            if let Some(found) = found {
                return found;
            }
        }
    }

    fn lose(&mut self, from: usize, why: &'static str) -> Found {
        *self = Self { closed: self.closed, ..Self::begin_after(self.at) };
        Found::Lost(from, why)
    }

    /// Between values.
    fn between(&mut self, text: &[u8]) -> Option<Found> {
        match text.get(self.at) {
            None => return Some(Found::More(self.at)),
            Some(b'{') => {
                self.open = Some((self.at, 1));
                self.at += 1;
            }
            Some(byte) if byte.is_ascii_whitespace() || *byte == b',' => self.at += 1,
            Some(bracket @ (b'[' | b']')) => {
                self.closed = *bracket == b']';
                self.at += 1;
            }
            Some(_) if self.closed => return Some(self.lose(self.at, "it follows the end of the list")),
            Some(_) => return Some(self.lose(self.at, "an object was expected")),
        }
        None
    }

    /// Within a value, of whose braces only the kind is looked at: whoever reads it sees the rest.
    fn within(&mut self, text: &[u8], all: bool, begins: usize, depth: usize) -> Option<Found> {
        if self.in_text {
            let Some(found) = memchr3(b'"', b'\\', b'\n', &text[self.at..]) else {
                self.at = text.len();
                return Some(Found::More(begins));
            };
            self.at += found;
            match text[self.at] {
                b'"' => {
                    if let Some(found) = self.another(text, all, begins) {
                        return Some(found);
                    }
                    self.at += 1;
                    self.in_text = false;
                }
                b'\\' if self.at + 1 == text.len() => return Some(Found::More(begins)),
                b'\\' => self.at += 2,
                _ => return Some(self.lose(begins, "a text in it goes over the end of a line")),
            }
            return None;
        }
        let Some(found) = text[self.at..].iter().position(|byte| matches!(byte, b'"' | b'{' | b'}')) else {
            self.at = text.len();
            return Some(Found::More(begins));
        };
        self.at += found;
        match text[self.at] {
            b'"' => {
                if let Some(found) = self.another(text, all, begins) {
                    return Some(found);
                }
                self.in_text = true;
            }
            b'{' => self.open = Some((begins, depth + 1)),
            _ if depth == 1 => {
                self.open = None;
                self.at += 1;
                return Some(Found::Message(begins..self.at));
            }
            _ => self.open = Some((begins, depth - 1)),
        }
        self.at += 1;
        None
    }

    /// At a quote within a value: whether another message begins with the brace before it. None is ever within a
    /// message, so the end of this one was lost.
    fn another(&mut self, text: &[u8], all: bool, begins: usize) -> Option<Found> {
        let blank = text[..self.at].iter().rev().take(MAX_BLANK).take_while(|byte| byte.is_ascii_whitespace()).count();
        let brace = self.at.checked_sub(blank + 1).filter(|brace| *brace > begins && text[*brace] == b'{')?;
        match begins_message(&text[brace..]) {
            Some(false) => None,
            Some(true) => {
                *self = Self { closed: self.closed, ..Self::begin(brace) };
                Some(Found::Broken(begins..brace, "it doesn't end"))
            }
            None if all => None,
            None => Some(Found::More(begins)),
        }
    }

    /// Looks for the next message after something that is none.
    fn find(&mut self, text: &[u8], all: bool) -> Found {
        while let Some(found) = memchr(b'{', &text[self.at..]) {
            self.at += found;
            match begins_message(&text[self.at..]) {
                Some(true) => {
                    self.lost = false;
                    return Found::Resumed(self.at);
                }
                None if !all => return Found::More(self.at),
                _ => self.at += 1,
            }
        }
        self.at = text.len();
        if all {
            self.lost = false;
            return Found::Resumed(self.at);
        }
        Found::More(self.at)
    }
}

/// Whether this is the beginning of a message, `{"method": "Domain.event"`; `None` when the text ends before that can
/// be told.
fn begins_message(text: &[u8]) -> Option<bool> {
    let mut at = 0;
    for token in [b"{".as_slice(), b"\"method\"", b":", b"\""] {
        let blank = text[at..].iter().take(MAX_BLANK).take_while(|byte| byte.is_ascii_whitespace()).count();
        at += blank;
        let there = &text[at..text.len().min(at + token.len())];
        if !token.starts_with(there) || blank == MAX_BLANK {
            return Some(false);
        }
        if there.len() < token.len() {
            return None;
        }
        at += token.len();
    }
    let domain = text[at..].iter().take(64).take_while(|byte| byte.is_ascii_alphabetic()).count();
    text.get(at + domain).map(|next| domain > 0 && *next == b'.')
}
