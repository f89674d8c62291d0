//! Reads a log: ours, lines that aren't compressed, or an array of messages, whatever state it is in.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

use memchr::memchr;

use super::damage::{Damage, Place};
use super::inflate::{Inflate, Piece};
use super::split::{Found, Layout, Values, layout};
use crate::devtools::MAX_MESSAGE;
use crate::devtools::protocol::Message;

/// How much of the text is looked at to tell how it holds its messages.
const HEAD: usize = 16 * 1024;

/// What a log holds next.
#[derive(Debug)]
pub enum Entry<'a> {
    /// A message.
    Message {
        /// Where it begins.
        place: Place,
        /// Its text.
        text: &'a str,
        /// What it says.
        message: Message<'a>,
    },
    /// Something is wrong. Reading goes on behind it.
    Damage(Damage),
}

/// Reads the messages of a log. What the log is, its content tells, not its name:
///
/// - zstd frames of lines, as [`LogWriter`](super::LogWriter) writes them,
/// - lines, one message each,
/// - an array of messages, `[{"method": …, "params": …}, …]`, as Chrome, Puppeteer and others dump them, also as the
///   first array within an object (`{"messages": […]}`).
///
/// It holds as much in memory as the largest message needs, which may have [`MAX_MESSAGE`] bytes.
pub struct LogReader<R> {
    inflate: Inflate<R>,
    text: Vec<u8>,
    /// Up to here the text was read.
    at: usize,
    /// The place of `at`.
    place: Place,
    split: Split,
    /// A gap that is met when the text before it was read.
    gap: Option<Damage>,
    /// Whether nothing more comes.
    all: bool,
    /// Whether the end is missing.
    cut_off: bool,
    /// A message that wasn't UTF-8.
    mended: Option<(Place, u64)>,
    mended_text: String,
}

enum Split {
    Unknown,
    /// Up to here there is no line end.
    Lines(usize),
    /// Within a line that is too long, which began there.
    LongLine(Place),
    Values(Values, Around),
    /// Between the messages is something else since this place.
    Lost(Values, Around, Place, &'static str),
    Over,
}

/// What is around values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Nothing,
    Brackets,
    Object,
}

/// What [`LogReader::step`] came upon.
enum Step {
    Message(Range<usize>),
    Damage(Damage),
    Over,
}

const TOO_LONG: &str = "it is longer than any message that is read";

impl<R: Read> LogReader<R> {
    /// Reads `input` from where it stands.
    pub fn new(input: R) -> Self {
        Self {
            inflate: Inflate::new(input),
            text: Vec::new(),
            at: 0,
            place: Place { line: 1, byte: 0 },
            split: Split::Unknown,
            gap: None,
            all: false,
            cut_off: false,
            mended: None,
            mended_text: String::new(),
        }
    }

    /// The next message, or what is wrong at this place; `None` when the log is over.
    ///
    /// # Errors
    /// When the input can't be read. Nothing that stands in it is an error.
    #[expect(clippy::should_implement_trait, reason = "an iterator's items can't borrow from it")]
    pub fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        if let Some((place, bytes)) = self.mended.take() {
            return Ok(Some(entry(place, bytes, &self.mended_text)));
        }
        let range = match self.step()? {
            Step::Over => return Ok(None),
            Step::Damage(damage) => return Ok(Some(Entry::Damage(damage))),
            Step::Message(range) => range,
        };
        let bytes = range.len() as u64;
        self.pass(range.start);
        let place = self.place;
        self.pass(range.end);
        if let Ok(text) = std::str::from_utf8(&self.text[range.clone()]) {
            return Ok(Some(entry(place, bytes, text)));
        }
        self.mended_text = String::from_utf8_lossy(&self.text[range]).into_owned();
        self.mended = Some((place, bytes));
        Ok(Some(Entry::Damage(Damage::NotUtf8 { place })))
    }

    /// Where reading stands in the text: of all of it when the log is over.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether the log is compressed; known with its first entry.
    pub fn is_compressed(&self) -> bool {
        self.inflate.is_compressed()
    }

    fn step(&mut self) -> io::Result<Step> {
        loop {
            let step = match std::mem::replace(&mut self.split, Split::Over) {
                Split::Unknown => {
                    self.split = Split::Unknown;
                    self.begin()?
                }
                Split::Lines(searched) => self.line(searched)?,
                Split::LongLine(began) => self.long_line(began)?,
                Split::Values(values, around) => self.value(values, around)?,
                Split::Lost(values, around, began, why) => self.lost(values, around, began, why)?,
                Split::Over => Some(Step::Over),
            };
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    fn begin(&mut self) -> io::Result<Option<Step>> {
        while self.text.len() < HEAD && !self.all && self.gap.is_none() {
            self.gap = self.fill()?;
        }
        if self.text.is_empty() {
            if let Some(gap) = self.gap.take() {
                return Ok(Some(Step::Damage(gap)));
            }
            self.split = Split::Over;
            return Ok(self.cut_off.then_some(Step::Damage(Damage::Truncated { place: self.place, bytes: 0 })));
        }
        let (layout, begins) = layout(&self.text[..self.text.len().min(HEAD)]);
        self.split = match layout {
            Layout::Lines => Split::Lines(begins),
            Layout::Values => {
                let around = match begins.checked_sub(1).map(|before| self.text[before]) {
                    Some(b'[') if self.text[..begins].contains(&b'{') => Around::Object,
                    Some(b'[') => Around::Brackets,
                    _ => Around::Nothing,
                };
                Split::Values(Values::begin(begins), around)
            }
        };
        self.pass(begins);
        Ok(None)
    }

    fn line(&mut self, searched: usize) -> io::Result<Option<Step>> {
        let begins = self.at;
        if let Some(found) = memchr(b'\n', &self.text[searched..]) {
            let ends = searched + found + 1;
            self.split = Split::Lines(ends);
            let message = trimmed(&self.text, begins..ends);
            if message.is_empty() {
                self.pass(ends);
                return Ok(None);
            }
            return Ok(Some(Step::Message(message)));
        }
        if !self.all {
            if self.text.len() - begins > MAX_MESSAGE {
                self.split = Split::LongLine(self.place);
                self.pass(self.text.len());
                return Ok(None);
            }
            let searched = self.text.len() - begins;
            let gap = self.fill()?;
            if gap.is_some() {
                self.pass(self.text.len());
            }
            self.split = Split::Lines(self.at + if gap.is_some() { 0 } else { searched });
            return Ok(gap.map(Step::Damage));
        }
        let last = trimmed(&self.text, begins..self.text.len());
        if last.is_empty() {
            self.pass(self.text.len());
            return Ok(self.cut_off.then_some(Step::Damage(Damage::Truncated { place: self.place, bytes: 0 })));
        }
        let cut = match serde_json::from_slice::<serde::de::IgnoredAny>(&self.text[last.clone()]) {
            Ok(_) => false,
            Err(error) => self.cut_off || error.is_eof(),
        };
        if cut {
            self.pass(last.start);
            return Ok(Some(Step::Damage(self.truncated())));
        }
        // Only its line end is missing.
        self.split = Split::Lines(last.end);
        Ok(Some(Step::Message(last)))
    }

    fn long_line(&mut self, began: Place) -> io::Result<Option<Step>> {
        let ends = memchr(b'\n', &self.text[self.at..]).map(|found| self.at + found + 1);
        self.pass(ends.unwrap_or(self.text.len()));
        let gap = if ends.is_none() && !self.all { self.fill()? } else { None };
        if ends.is_none() && gap.is_none() && !self.all {
            self.split = Split::LongLine(began);
            return Ok(None);
        }
        self.split = Split::Lines(self.at);
        self.gap = gap;
        Ok(Some(Step::Damage(corrupt(began, self.place.byte - began.byte, TOO_LONG.to_owned()))))
    }

    fn value(&mut self, mut values: Values, around: Around) -> io::Result<Option<Step>> {
        let found = values.next(&self.text, self.all);
        let step = match found {
            Found::Message(range) => Some(Step::Message(range)),
            Found::Broken(range, why) => {
                self.pass(range.start);
                let place = self.place;
                self.pass(range.end);
                Some(Step::Damage(corrupt(place, range.len() as u64, why.to_owned())))
            }
            Found::Lost(from, why) => {
                self.pass(from);
                self.split = Split::Lost(values, around, self.place, why);
                return Ok(None);
            }
            Found::Resumed(at) => {
                self.pass(at);
                None
            }
            Found::More(kept) if self.all => {
                self.pass(kept);
                let rest = !self.text[self.at..].trim_ascii().is_empty();
                let cut = rest || self.cut_off || (around != Around::Nothing && !values.closed);
                return Ok(cut.then(|| Step::Damage(self.truncated())));
            }
            Found::More(kept) => {
                self.pass(kept);
                if self.text.len() - self.at > MAX_MESSAGE {
                    self.split = Split::Lost(Values::begin_after(self.text.len()), around, self.place, TOO_LONG);
                    return Ok(None);
                }
                values.cut(self.at);
                self.fill()?.map(|gap| {
                    self.pass(self.text.len());
                    values = Values::begin_after(self.at);
                    Step::Damage(gap)
                })
            }
        };
        self.split = Split::Values(values, around);
        Ok(step)
    }

    fn lost(
        &mut self,
        mut values: Values,
        around: Around,
        began: Place,
        why: &'static str,
    ) -> io::Result<Option<Step>> {
        match values.next(&self.text, self.all) {
            Found::More(kept) if !self.all => {
                self.pass(kept);
                values.cut(self.at);
                let gap = self.fill()?;
                if gap.is_some() {
                    self.pass(self.text.len());
                    values = Values::begin_after(self.at);
                }
                self.split = Split::Lost(values, around, began, why);
                return Ok(gap.map(Step::Damage));
            }
            Found::Resumed(at) | Found::More(at) => self.pass(at),
            other => unreachable!("nothing else is found while the next message is looked for: {other:?}"),
        }
        // What stands beside the array in an object around it is none of ours.
        let beside = around == Around::Object && values.closed && self.at == self.text.len();
        self.split = Split::Values(values, around);
        if beside {
            return Ok(None);
        }
        Ok(Some(Step::Damage(corrupt(began, self.place.byte - began.byte, why.to_owned()))))
    }

    /// Gets more text. What was read is dropped, so that `at` is 0 afterwards. A gap is behind all text there is.
    fn fill(&mut self) -> io::Result<Option<Damage>> {
        if let Some(gap) = self.gap.take() {
            return Ok(Some(gap));
        }
        self.text.drain(..self.at);
        self.at = 0;
        Ok(match self.inflate.next(&mut self.text)? {
            Piece::Text => None,
            Piece::Gap(damage) => Some(damage),
            Piece::CutOff => {
                (self.all, self.cut_off) = (true, true);
                None
            }
            Piece::End => {
                self.all = true;
                None
            }
        })
    }

    /// Reads on to this place.
    fn pass(&mut self, to: usize) {
        let passed = &self.text[self.at..to];
        self.place.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.place.byte += passed.len() as u64;
        self.at = to;
    }

    /// The rest is no whole message.
    fn truncated(&mut self) -> Damage {
        let place = self.place;
        self.pass(self.text.len());
        Damage::Truncated { place, bytes: self.place.byte - place.byte }
    }
}

fn entry(place: Place, bytes: u64, text: &str) -> Entry<'_> {
    match Message::parse(text) {
        Ok(message) => Entry::Message { place, text, message },
        Err(error) => {
            let (line, column) = (error.line() as u64, error.column());
            let why = error.to_string();
            let why = why.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&why);
            let why = format!("{why} at line {} column {column}", place.line + line.saturating_sub(1));
            Entry::Damage(corrupt(place, bytes, why))
        }
    }
}

fn corrupt(place: Place, bytes: u64, why: String) -> Damage {
    Damage::Corrupt { place, bytes, why }
}

/// A line without what is around its message: blanks, the comma of a list.
fn trimmed(text: &[u8], line: Range<usize>) -> Range<usize> {
    let bytes = &text[line.clone()];
    let start = line.start + bytes.len() - bytes.trim_ascii_start().len();
    let bytes = text[start..line.end].trim_ascii_end();
    let bytes = bytes.strip_suffix(b",").unwrap_or(bytes).trim_ascii_end();
    start..start + bytes.len()
}

impl<R> fmt::Debug for LogReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogReader").field("place", &self.place).finish_non_exhaustive()
    }
}
