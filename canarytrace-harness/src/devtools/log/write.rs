//! Writes a raw log: zstd NDJSON that can be read back however the process ends.

use std::fmt;
use std::io::{self, Write};

use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation as _, OutBuffer};

/// The fastest level that is still a sixth of the text: the log is written while the page is measured.
const LEVEL: i32 = 1;

/// A frame ends with the line that makes it so long, bytes of text. Damage to a file costs one frame at most.
const FRAME: u64 = 1024 * 1024;

/// Compressed bytes are handed on in pieces of this size at most.
const PIECE: usize = 64 * 1024;

/// Writes messages, one a line, as zstd frames of about a mebibyte of text with a checksum each.
///
/// What was written is in the hands of `W` after [`flush`](Self::flush): all of it can be read back then, even when
/// the process is killed. Dropping the writer loses what was written since.
///
/// An error is final: a frame of which a part is missing can't go on, so every later call fails too. What was flushed
/// before can be read.
pub struct LogWriter<W> {
    output: W,
    encoder: Encoder<'static>,
    piece: Vec<u8>,
    /// Bytes of text in the open frame; 0 when none is open.
    in_frame: u64,
    /// Whether text was written since the last flush.
    dirty: bool,
    failed: Option<(io::ErrorKind, String)>,
    lines: u64,
    text_bytes: u64,
    file_bytes: u64,
}

impl<W: Write> LogWriter<W> {
    /// A log that begins where `output` stands.
    ///
    /// # Errors
    /// When there is no memory for the compression.
    pub fn new(output: W) -> io::Result<Self> {
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self {
            output,
            encoder,
            piece: Vec::with_capacity(PIECE),
            in_frame: 0,
            dirty: false,
            failed: None,
            lines: 0,
            text_bytes: 0,
            file_bytes: 0,
        })
    }

    /// Writes one message. Line breaks in it, which JSON allows between its tokens only, become blanks.
    ///
    /// # Errors
    /// Those of the output, and that of an earlier call.
    pub fn write_line(&mut self, json: &str) -> io::Result<()> {
        self.check()?;
        let written = self.try_write_line(json);
        self.remember(written)
    }

    /// Hands everything that was written so far to the output, in a form that can be read back, and flushes it.
    ///
    /// # Errors
    /// Those of the output, and that of an earlier call.
    pub fn flush(&mut self) -> io::Result<()> {
        self.check()?;
        let flushed = self.try_flush();
        self.remember(flushed)
    }

    /// Ends the log, and gives its output back, flushed.
    ///
    /// # Errors
    /// Those of the output, and that of an earlier call.
    pub fn finish(mut self) -> io::Result<W> {
        self.check()?;
        self.end_frame()?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn try_write_line(&mut self, json: &str) -> io::Result<()> {
        let mut rest = json.as_bytes();
        while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
            self.compress(&rest[..at])?;
            self.compress(b" ")?;
            rest = &rest[at + 1..];
        }
        self.compress(rest)?;
        self.compress(b"\n")?;
        self.lines += 1;
        if self.in_frame >= FRAME {
            self.end_frame()?;
        }
        Ok(())
    }

    fn compress(&mut self, text: &[u8]) -> io::Result<()> {
        let length = text.len() as u64;
        let mut input = InBuffer::around(text);
        while input.pos() < text.len() {
            let mut output = OutBuffer::around(&mut self.piece);
            self.encoder.run(&mut input, &mut output)?;
            self.hand_on()?;
        }
        self.in_frame += length;
        self.text_bytes += length;
        self.dirty |= length > 0;
        Ok(())
    }

    fn try_flush(&mut self) -> io::Result<()> {
        while self.dirty {
            let waiting = self.encoder.flush(&mut OutBuffer::around(&mut self.piece))?;
            self.hand_on()?;
            self.dirty = waiting > 0;
        }
        self.output.flush()
    }

    fn end_frame(&mut self) -> io::Result<()> {
        while self.in_frame > 0 {
            let waiting = self.encoder.finish(&mut OutBuffer::around(&mut self.piece), true)?;
            self.hand_on()?;
            if waiting == 0 {
                self.encoder.reinit()?;
                self.in_frame = 0;
                self.dirty = false;
            }
        }
        Ok(())
    }

    fn hand_on(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        self.output.write_all(&self.piece)?;
        self.file_bytes += self.piece.len() as u64;
        self.piece.clear();
        Ok(())
    }

    fn check(&self) -> io::Result<()> {
        match &self.failed {
            None => Ok(()),
            Some((kind, text)) => Err(io::Error::new(*kind, text.clone())),
        }
    }

    fn remember(&mut self, result: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &result {
            self.failed = Some((error.kind(), error.to_string()));
        }
        result
    }
}

impl<W> LogWriter<W> {
    /// How many messages were written.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Bytes of text that were written, line ends included.
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Compressed bytes that the output took: the size of the file. What was not flushed is not among them.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// The output, to synchronise it with the disk, say. What is written to it would damage the log.
    pub fn get_ref(&self) -> &W {
        &self.output
    }
}

impl<W> fmt::Debug for LogWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, text_bytes, file_bytes, failed, .. } = self;
        f.debug_struct("LogWriter")
            .field("lines", lines)
            .field("text_bytes", text_bytes)
            .field("file_bytes", file_bytes)
            .field("failed", failed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that a reader gets out of `bytes`, and whether the last frame is whole.
    fn inflated(bytes: &[u8]) -> (String, bool) {
        let mut text = Vec::new();
        let read = zstd::stream::copy_decode(bytes, &mut text);
        (String::from_utf8(text).unwrap(), read.is_ok())
    }

    #[test]
    fn what_was_flushed_can_be_read_before_the_log_ends() {
        let mut writer = LogWriter::new(Vec::new()).unwrap();
        writer.write_line(r#"{"method":"A.b"}"#).unwrap();
        assert_eq!(inflated(writer.get_ref()).0, "");
        writer.flush().unwrap();
        let flushed = writer.file_bytes();
        assert_eq!(inflated(writer.get_ref()), ("{\"method\":\"A.b\"}\n".to_owned(), false));
        writer.flush().unwrap();
        assert_eq!(writer.file_bytes(), flushed, "nothing is written when there is nothing new");
        writer.write_line("{}").unwrap();
        assert_eq!((writer.lines(), writer.text_bytes()), (2, 20));
        let written = writer.finish().unwrap();
        assert_eq!(inflated(&written), ("{\"method\":\"A.b\"}\n{}\n".to_owned(), true));
    }

    #[test]
    fn a_message_is_one_line_however_it_was_laid_out() {
        let mut writer = LogWriter::new(Vec::new()).unwrap();
        writer.write_line("{\n  \"method\": \"A.b\"\r\n}").unwrap();
        assert_eq!(inflated(&writer.finish().unwrap()).0, "{   \"method\": \"A.b\"  }\n");
    }

    #[test]
    fn a_long_log_is_many_frames_and_each_stands_alone() {
        let mut writer = LogWriter::new(Vec::new()).unwrap();
        let line = format!("{{\"method\":\"{}\"}}", "x".repeat(700_000));
        for _ in 0..5 {
            writer.write_line(&line).unwrap();
        }
        let written = writer.finish().unwrap();
        let frames: Vec<usize> = memchr::memmem::find_iter(&written, &[0x28, 0xb5, 0x2f, 0xfd]).collect();
        assert_eq!(frames.len(), 3);
        assert_eq!(inflated(&written[frames[2]..]), (line + "\n", true));
        assert!(LogWriter::new(Vec::new()).unwrap().finish().unwrap().is_empty());
    }

    #[test]
    fn an_error_of_the_output_is_final() {
        #[derive(Debug)]
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = LogWriter::new(Full(10)).unwrap();
        writer.write_line("a message that is longer than the disk has room for").unwrap();
        assert_eq!(writer.flush().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(writer.write_line("{}").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(writer.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
