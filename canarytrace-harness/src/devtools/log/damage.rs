//! What is wrong with a log, and where.

use std::fmt;

/// A place in a log's text, which of a compressed log is what was compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the line, from 1.
    pub line: u64,
    /// Bytes before it.
    pub byte: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} (byte {})", self.line, self.byte)
    }
}

/// Something that is wrong with a log. Reading goes on behind it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// A message that can't be read. It is left out.
    #[error("{place}: {bytes} bytes are no message and left out: {why}")]
    Corrupt {
        /// Where it begins.
        place: Place,
        /// How long it is.
        bytes: u64,
        /// What is wrong.
        why: String,
    },
    /// A message that isn't UTF-8. It is read with U+FFFD in the place of what is none.
    #[error("{place}: not UTF-8, read with replacement characters")]
    NotUtf8 {
        /// Where the message begins.
        place: Place,
    },
    /// A part of a compressed log that can't be decompressed, or whose checksum is another one.
    #[error("bytes {from} to {to} of the file can't be decompressed and are left out: {why}")]
    Compressed {
        /// Bytes of the file before it.
        from: u64,
        /// Where reading went on, or the file's length.
        to: u64,
        /// What is wrong.
        why: String,
    },
    /// What a frame of a compressed log holds isn't what was written. It was read nevertheless: the messages since the
    /// frame's beginning may be wrong.
    #[error("bytes {from} to {to} of the file don't match their checksum: what was read from them may be wrong")]
    Checksum {
        /// Bytes of the file before the frame.
        from: u64,
        /// Where reading went on, or the file's length.
        to: u64,
    },
    /// The log ends in the middle: of a message when bytes are left out, else between two.
    #[error("{place}: the log is cut off here{}", of_last_message(*bytes))]
    Truncated {
        /// Where the message begins that is not whole.
        place: Place,
        /// How much of it there is.
        bytes: u64,
    },
}

fn of_last_message(bytes: u64) -> String {
    if bytes == 0 { String::new() } else { format!(", {bytes} bytes of its last message are left out") }
}

impl Damage {
    /// Whether messages are missing, or may be wrong, because of it.
    pub fn loses(&self) -> bool {
        match self {
            Self::Corrupt { .. } | Self::Compressed { .. } | Self::Checksum { .. } => true,
            Self::Truncated { bytes, .. } => *bytes > 0,
            Self::NotUtf8 { .. } => false,
        }
    }
}
