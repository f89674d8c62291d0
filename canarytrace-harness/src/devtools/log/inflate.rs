//! Text out of a file that is zstd or not, whole or not.

use std::io::{self, Read};

use memchr::memmem;
use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

use super::damage::Damage;

/// What every frame of zstd begins with (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// What a frame begins with that holds no text; the low half of its first byte is free (RFC 8878, 3.1.2).
const SKIPPABLE: [u8; 3] = [0x2A, 0x4D, 0x18];

/// How much of the beginning is looked at to tell what a file is.
const HEAD: usize = 16 * 1024;

/// How much is read at a time; also the most that a block of zstd holds.
const PIECE: usize = 128 * 1024;

/// How many bytes of the file are kept behind the place of reading: a block whose length is damaged swallows so much
/// of what follows, and the next frame is looked for there too.
const KEPT: usize = 2 * PIECE;

/// What comes next.
#[derive(Debug)]
pub(super) enum Piece {
    /// Text was appended.
    Text,
    /// Something is missing here: what comes next doesn't belong to what came before.
    Gap(Damage),
    /// The file ends in the middle of a frame.
    CutOff,
    /// The file is over.
    End,
}

pub(super) struct Inflate<R> {
    input: R,
    /// Bytes of the file; those before `at` were read already.
    bytes: Vec<u8>,
    at: usize,
    /// Where `bytes` begin in the file.
    begins: u64,
    no_more: bool,
    compressed: bool,
    state: State,
    text: Vec<u8>,
}

enum State {
    Unknown,
    Plain,
    Frames {
        decoder: Decoder<'static>,
        /// Where the open frame begins in the file, or the next one when none is open.
        frame: u64,
        open: bool,
        /// How much the decoder wants to see next: up to the end of a block.
        wanted: usize,
    },
    /// Something is wrong since this place of the file: the next frame is looked for.
    Lost {
        decoder: Decoder<'static>,
        from: u64,
        why: String,
        checksum: bool,
    },
    Over,
}

impl<R: Read> Inflate<R> {
    pub(super) fn new(input: R) -> Self {
        let (bytes, text) = (Vec::new(), Vec::with_capacity(PIECE));
        Self { input, bytes, at: 0, begins: 0, no_more: false, compressed: false, state: State::Unknown, text }
    }

    /// Whether the file is compressed; known after the first piece.
    pub(super) fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Appends the next piece of text to `text`, or says what is there instead.
    pub(super) fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Piece> {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Unknown => {
                    self.want(HEAD)?;
                    self.state = self.recognize()?;
                }
                State::Plain => {
                    if self.at == self.bytes.len() {
                        self.want(1)?;
                    }
                    if self.at == self.bytes.len() {
                        return Ok(Piece::End);
                    }
                    text.extend_from_slice(&self.bytes[self.at..]);
                    self.at = self.bytes.len();
                    self.state = State::Plain;
                    return Ok(Piece::Text);
                }
                State::Frames { decoder, frame, open, wanted } => {
                    if let Some(piece) = self.inflate(decoder, frame, open, wanted, text)? {
                        return Ok(piece);
                    }
                }
                State::Lost { mut decoder, from, why, checksum } => {
                    if let Some(found) = memmem::find(&self.bytes[self.at..], &MAGIC) {
                        self.at += found;
                    } else if self.no_more {
                        self.at = self.bytes.len();
                    } else {
                        // The magic may be cut by the end of what is there.
                        self.at = self.at.max(self.bytes.len().saturating_sub(MAGIC.len() - 1));
                        self.want(MAGIC.len())?;
                        self.state = State::Lost { decoder, from, why, checksum };
                        continue;
                    }
                    let to = self.place();
                    if self.at < self.bytes.len() {
                        decoder.reinit()?;
                        self.compressed = true;
                        self.state = State::Frames { decoder, frame: to, open: false, wanted: 0 };
                    }
                    // What a damaged block has swallowed is read once more.
                    let from = from.min(to);
                    let damage =
                        if checksum { Damage::Checksum { from, to } } else { Damage::Compressed { from, to, why } };
                    return Ok(Piece::Gap(damage));
                }
                State::Over => return Ok(Piece::End),
            }
        }
    }

    /// The place of reading in the file.
    fn place(&self) -> u64 {
        self.begins + self.at as u64
    }

    /// Reads on until there are `wanted` bytes, or the file is over.
    fn want(&mut self, wanted: usize) -> io::Result<()> {
        while !self.no_more && self.bytes.len() - self.at < wanted {
            let behind = self.at.saturating_sub(KEPT);
            // Moving the kept bytes for every small piece that comes would cost more than reading them.
            if behind > KEPT {
                self.bytes.drain(..behind);
                self.begins += behind as u64;
                self.at -= behind;
            }
            let read = self.input.by_ref().take(PIECE as u64).read_to_end(&mut self.bytes)?;
            self.no_more = read < PIECE;
        }
        Ok(())
    }

    fn recognize(&mut self) -> io::Result<State> {
        let head = &self.bytes;
        let is_frame = head.starts_with(&MAGIC)
            || (!head.is_empty() && MAGIC.starts_with(head))
            || (head.first().is_some_and(|first| first >> 4 == 5) && head[1..].starts_with(&SKIPPABLE));
        if is_frame {
            self.compressed = true;
            return Ok(State::Frames { decoder: Decoder::new()?, frame: 0, open: false, wanted: 0 });
        }
        // A log whose beginning is damaged is text or frames still.
        let is_text = head.trim_ascii_start().starts_with(b"{")
            || head.trim_ascii_start().starts_with(b"[")
            || memmem::find(head, b"\"method\"").is_some()
            || !head.contains(&0) && std::str::from_utf8(&head[..head.len().min(HEAD / 2)]).is_ok();
        if is_text {
            return Ok(State::Plain);
        }
        let why = if head.starts_with(&[0x1F, 0x8B]) {
            "this is gzip, unpack it first"
        } else {
            "this is neither text nor zstd"
        };
        Ok(State::Lost { decoder: Decoder::new()?, from: 0, why: why.to_owned(), checksum: false })
    }

    /// Decompresses a block; `None` when there is nothing to tell yet.
    fn inflate(
        &mut self,
        mut decoder: Decoder<'static>,
        mut frame: u64,
        mut open: bool,
        wanted: usize,
        text: &mut Vec<u8>,
    ) -> io::Result<Option<Piece>> {
        // A block at a time: when one can't be decompressed, the decoder keeps what it made of others before it.
        self.want(wanted.max(1))?;
        let available = &self.bytes[self.at..];
        if available.is_empty() {
            if !open {
                return Ok(Some(Piece::End));
            }
            // The end may be missing, or a damaged length has swallowed the frames that follow.
            let next = usize::try_from((frame + 1).saturating_sub(self.begins)).unwrap_or(0);
            if memmem::find(&self.bytes[next.min(self.bytes.len())..], &MAGIC).is_some() {
                let from = frame.max(self.begins);
                self.at = next;
                self.state = State::Lost { decoder, from, why: "it doesn't end".to_owned(), checksum: false };
                return Ok(None);
            }
            return Ok(Some(Piece::CutOff));
        }
        let mut input = InBuffer::around(&available[..available.len().min(wanted.max(1))]);
        let before = text.len();
        let run = loop {
            self.text.clear();
            let run = decoder.run(&mut input, &mut OutBuffer::around(&mut self.text));
            text.extend_from_slice(&self.text);
            // A full buffer may not be all there is.
            if !run.as_ref().is_ok_and(|left| *left > 0) || self.text.len() < self.text.capacity() {
                break run;
            }
        };
        self.at += input.pos();
        match run {
            Ok(left) => {
                open = left > 0;
                if !open {
                    frame = self.place();
                }
                self.state = State::Frames { decoder, frame, open, wanted: left.min(2 * PIECE) };
            }
            Err(error) => {
                let why = error.to_string();
                let checksum = why.contains("checksum");
                let from = if checksum { frame } else { self.place() };
                let next = usize::try_from((frame + 1).saturating_sub(self.begins)).unwrap_or(0);
                self.at = next.min(self.bytes.len());
                self.state = State::Lost { decoder, from, why, checksum };
            }
        }
        Ok((text.len() > before).then_some(Piece::Text))
    }
}
