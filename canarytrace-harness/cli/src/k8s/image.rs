//! References of container images that say exactly which image is meant.

use std::str::FromStr;

/// An image with a tag that is not `latest`, or with a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The reference as it was given.
    pub(crate) text: String,
    /// Its tag, else the beginning of its digest: the version that runs.
    pub(crate) version: String,
}

impl FromStr for Image {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const WANTED: &str =
            "an image is wanted with its tag, such as registry.example/team/monitors:4f2c1d9, or with its digest";
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash belongs to the port of the registry.
        let last = named.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match named[last..].split_once(':') {
            Some((_, tag)) => (&named[..named.len() - tag.len() - 1], Some(tag)),
            None => (named, None),
        };
        let part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-:".contains(&b))
        };
        if !name.split('/').all(part) {
            return Err(format!("names of images are of lower-case letters, digits, \".\", \"_\" and \"-\"; {WANTED}"));
        }
        let is_tag = |tag: &str| {
            tag.len() <= 128
                && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
                && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(format!("the tag is none; {WANTED}"));
        }
        if let Some(digest) = digest {
            let hex = digest.strip_prefix("sha256:").unwrap_or_default();
            if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
                return Err("the digest is none: sha256: and 64 hexadecimal digits are wanted".to_owned());
            }
            let version = tag.map_or_else(|| hex[..12].to_owned(), str::to_owned);
            return Ok(Self { text: text.to_owned(), version });
        }
        match tag {
            None => Err(format!("it has no tag, and would mean whatever is the newest; {WANTED}")),
            Some("latest") => Err(format!("\"latest\" is another image every day; {WANTED}")),
            Some(tag) => Ok(Self { text: text.to_owned(), version: tag.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_tag_or_a_digest() {
        let version = |text: &str| text.parse::<Image>().map(|image| image.version);
        let hex = "0123456789abcdef".repeat(4);
        assert_eq!(version("registry/monitors:1.2"), Ok("1.2".to_owned()));
        assert_eq!(version("localhost:5000/monitors:4f2c1d9"), Ok("4f2c1d9".to_owned()));
        assert_eq!(version(&format!("monitors@sha256:{hex}")), Ok("0123456789ab".to_owned()));
        assert_eq!(version(&format!("r/monitors:7@sha256:{hex}")), Ok("7".to_owned()));
    }

    #[test]
    fn what_does_not_say_which_image_is_refused() {
        for (text, reason) in [
            ("registry/monitors", "has no tag"),
            ("localhost:5000/monitors", "has no tag"),
            ("registry/monitors:latest", "another image every day"),
            ("registry/Monitors:1", "lower-case"),
            ("registry//monitors:1", "lower-case"),
            ("registry/monitors:", "the tag is none"),
            ("registry/monitors:a b", "the tag is none"),
            ("monitors@sha256:12", "the digest is none"),
            ("", "lower-case"),
        ] {
            let message = text.parse::<Image>().unwrap_err();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
