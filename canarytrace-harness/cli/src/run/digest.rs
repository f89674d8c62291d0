//! SHA-256 of texts and files, in hexadecimal digits.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use ring::digest::{Context, Digest, SHA256, digest};

/// How much of a file is read at once, bytes.
const CHUNK: usize = 1 << 20;

/// Of a text.
pub(super) fn of_text(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()))
}

/// The first 16 digits: enough for the name of a folder.
pub(super) fn short(text: &str) -> String {
    let mut whole = of_text(text);
    whole.truncate(16);
    whole
}

/// Of a file, and its size in bytes.
pub(super) fn of_file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((hex(context.finish()), size)),
            read => {
                context.update(&chunk[..read]);
                size += read as u64;
            }
        }
    }
}

fn hex(digest: Digest) -> String {
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_digest_of_its_text() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_file(file.path()).unwrap(), (abc.to_owned(), 3));
        assert_eq!((of_text("abc").as_str(), short("abc").as_str()), (abc, &abc[..16]));
    }
}
