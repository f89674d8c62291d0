//! Host keys that are trusted, in OpenSSH's file `known_hosts` (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::run::trouble::{Kind, Outcome, Trouble};

/// Longest file that is read, bytes.
const LONGEST: u64 = 8 * 1024 * 1024;

/// The keys of a file.
#[derive(Debug)]
pub(super) struct KnownHosts {
    /// The files, for messages.
    place: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    file: PathBuf,
    number: usize,
    marker: Option<String>,
    hosts: String,
    key: Vec<u8>,
}

impl KnownHosts {
    /// The keys of a file that was named, which has to be there; else those of the user and the system.
    pub(super) fn read(named: Option<&Path>) -> Outcome<Self> {
        let files = match named {
            Some(file) => vec![file.to_owned()],
            None => usual_files(),
        };
        let place = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" and ");
        let mut lines = Vec::new();
        for file in files {
            match text(&file) {
                Ok(text) => lines.extend(parse(&file, &text)),
                Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let message = format!("the known hosts in {} can't be read: {error}", file.display());
                    return Err(Trouble::new(Kind::NotTrusted, message));
                }
            }
        }
        Ok(Self { place, lines })
    }

    /// Whether the host is known by this key, as it came over the wire (RFC 4253, 6.6).
    ///
    /// # Errors
    /// When it is not, is known by another one, or the key is revoked: with what to do about it.
    pub(super) fn check(&self, host: &str, port: u16, key: &[u8]) -> Outcome<()> {
        let name = if port == 22 { host.to_lowercase() } else { format!("[{}]:{port}", host.to_lowercase()) };
        let kind = kind_of(key);
        let shown = format!("{kind} key SHA256:{}", STANDARD_NO_PAD.encode(digest(&SHA256, key)));
        let trouble = |kind, message: String| Err(Trouble::new(kind, message));
        let of_host = || self.lines.iter().filter(|line| line.is_of(&name));
        if let Some(line) = of_host().find(|line| line.marker.as_deref() == Some("@revoked") && line.key == key) {
            return trouble(
                Kind::HostKeyChanged,
                format!("the host {name} has the {shown}, which is revoked by {}", line.place()),
            );
        }
        let trusted = || of_host().filter(|line| line.marker.is_none());
        if trusted().any(|line| line.key == key) {
            return Ok(());
        }
        let advice = format!("compare it with what the server's operator publishes, and add the line:\n{name} {kind} {}", STANDARD.encode(key));
        if let Some(line) = trusted().find(|line| kind_of(&line.key) == kind) {
            return trouble(
                Kind::HostKeyChanged,
                format!(
                    "the host {name} has the {shown}, and {} has another one of this kind: somebody may be in between, \
                     or the server has a new key; replace the line only if its operator says so",
                    line.place()
                ),
            );
        }
        let others: Vec<String> = trusted().map(|line| kind_of(&line.key)).collect();
        if others.is_empty() {
            let message = format!("the host {name} with the {shown} is not known to {}; {advice}", self.place);
            return trouble(Kind::NotTrusted, message);
        }
        trouble(
            Kind::NotTrusted,
            format!(
                "the host {name} showed its {shown}, of which {} has only keys of other kinds ({}); {advice}",
                self.place,
                others.join(", ")
            ),
        )
    }
}

impl Line {
    fn is_of(&self, name: &str) -> bool {
        if let Some(hashed) = self.hosts.strip_prefix("|1|") {
            return is_hash_of(hashed, name);
        }
        let mut found = false;
        for pattern in self.hosts.split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if fits(&pattern.to_lowercase(), name) => return false,
                None if fits(&pattern.to_lowercase(), name) => found = true,
                _ => {}
            }
        }
        found
    }

    fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.number)
    }
}

fn usual_files() -> Vec<PathBuf> {
    let home = std::env::home_dir().map(|home| home.join(".ssh/known_hosts"));
    home.into_iter().chain([PathBuf::from("/etc/ssh/ssh_known_hosts")]).collect()
}

fn text(file: &Path) -> io::Result<String> {
    if fs::metadata(file)?.len() > LONGEST {
        return Err(io::Error::other("it is too large"));
    }
    fs::read_to_string(file)
}

/// Lines that can't be read are none, as for OpenSSH.
fn parse(file: &Path, text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace().peekable();
        if words.peek().is_none_or(|word| word.starts_with('#')) {
            continue;
        }
        let marker = words.next_if(|word| word.starts_with('@')).map(str::to_owned);
        let (Some(hosts), Some(_kind), Some(key)) = (words.next(), words.next(), words.next()) else { continue };
        let Ok(key) = STANDARD.decode(key) else { continue };
        lines.push(Line { file: file.to_owned(), number, marker, hosts: hosts.to_owned(), key });
    }
    lines
}

/// `salt|hash`, both in base64: HMAC-SHA1 of the name.
fn is_hash_of(hashed: &str, name: &str) -> bool {
    let parts = hashed.split_once('|').and_then(|(salt, hash)| {
        Some((STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?))
    });
    parts.is_some_and(|(salt, hash)| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
        hmac::verify(&key, name.as_bytes(), &hash).is_ok()
    })
}

/// `*` stands for any characters, `?` for one.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| fits(rest, &name[at..]))
        }
        Some(wanted) => {
            let mut left = name.chars();
            left.next().is_some_and(|c| wanted == '?' || wanted == c)
                && fits(&pattern[wanted.len_utf8()..], left.as_str())
        }
    }
}

/// What a key begins with: its length and the name of its kind.
fn kind_of(key: &[u8]) -> String {
    let length = key.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let name = key.get(4..4 + length.min(64)).unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: &str, content: u8) -> Vec<u8> {
        let mut key = u32::try_from(kind.len()).unwrap().to_be_bytes().to_vec();
        key.extend(kind.bytes());
        key.extend([content; 32]);
        key
    }

    fn line(hosts: &str, key: &[u8]) -> String {
        format!("{hosts} {} {}\n", kind_of(key), STANDARD.encode(key))
    }

    fn check(text: &str, host: &str, port: u16, key: &[u8]) -> Result<(), Kind> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        KnownHosts::read(Some(file.path())).unwrap().check(host, port, key).map_err(|trouble| trouble.kind)
    }

    #[test]
    fn a_host_is_known_by_its_name_port_and_key() {
        let key = key("ssh-ed25519", 1);
        let text = format!("# ours\n\nhalf a line\n{}", line("git.example,192.0.2.1", &key));
        assert_eq!(check(&text, "git.example", 22, &key), Ok(()));
        assert_eq!(check(&text, "GIT.example", 22, &key), Ok(()));
        assert_eq!(check(&text, "git.example", 2222, &key), Err(Kind::NotTrusted));
        assert_eq!(check(&text, "other.example", 22, &key), Err(Kind::NotTrusted));
        assert_eq!(check(&line("[git.example]:2222", &key), "git.example", 2222, &key), Ok(()));
    }

    #[test]
    fn another_key_is_told_from_an_unknown_host() {
        let (known, shown) = (key("ssh-ed25519", 1), key("ssh-ed25519", 2));
        assert_eq!(check(&line("git.example", &known), "git.example", 22, &shown), Err(Kind::HostKeyChanged));
        let other_kind = key("ssh-rsa", 3);
        assert_eq!(check(&line("git.example", &known), "git.example", 22, &other_kind), Err(Kind::NotTrusted));
        let revoked = format!("{}@revoked {}", line("git.example", &known), line("*", &known));
        assert_eq!(check(&revoked, "git.example", 22, &known), Err(Kind::HostKeyChanged));
        let authority = format!("@cert-authority {}", line("*", &known));
        assert_eq!(check(&authority, "git.example", 22, &known), Err(Kind::NotTrusted));
    }

    #[test]
    fn patterns_and_hashed_names_are_understood() {
        let key = key("ssh-ed25519", 1);
        let text = line("*.example,!evil.example", &key);
        assert_eq!(check(&text, "git.example", 22, &key), Ok(()));
        assert_eq!(check(&text, "evil.example", 22, &key), Err(Kind::NotTrusted));
        assert_eq!(check(&line("gi?.example", &key), "git.example", 22, &key), Ok(()));
        let salt = [7; 20];
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt), b"git.example");
        let hashed = format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(tag));
        assert_eq!(check(&line(&hashed, &key), "git.example", 22, &key), Ok(()));
        assert_eq!(check(&line(&hashed, &key), "other.example", 22, &key), Err(Kind::NotTrusted));
    }

    #[test]
    fn a_file_that_was_named_has_to_be_there() {
        let error = KnownHosts::read(Some(Path::new("/no/such/file"))).unwrap_err();
        assert_eq!(error.kind, Kind::NotTrusted);
        assert!(error.message.contains("/no/such/file"), "{error}");
    }
}
