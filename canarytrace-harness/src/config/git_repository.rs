//! `GIT_REPOSITORY`: where monitors are cloned from.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::record::percent_decode;

/// Where monitors are cloned from, without credentials; those that stood in its URL are kept apart.
#[derive(Clone)]
pub struct GitRepository {
    place: Place,
    user: Option<String>,
    password: Option<SecretString>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// By https, http or ssh.
    Remote(Url),
    /// `git@host:path`, as git writes it: the path begins at the user's home.
    Scp { host: String, path: String },
    /// A folder of this machine.
    Folder(PathBuf),
}

impl GitRepository {
    /// Reads a URL, `user@host:path`, or a path; with `host`, a path at that host.
    ///
    /// # Errors
    /// In words that repeat nothing of the text.
    pub(super) fn parse(
        text: &str,
        host: Option<&str>,
        port: Option<u16>,
        base: Option<&Path>,
    ) -> Result<Self, String> {
        if text.contains("://") {
            return Self::of_url(text, host, port);
        }
        if let Some((user, host, path)) = scp(text) {
            return match port {
                None => Ok(Self { place: Place::Scp { host, path }, user, password: None }),
                Some(port) => {
                    let user = user.unwrap_or_else(|| "git".to_owned());
                    Self::of_url(&format!("ssh://{user}@{host}:{port}/{}", path.trim_start_matches('/')), None, None)
                }
            };
        }
        if let Some(host) = host {
            let path = text.trim_start_matches('/');
            let begin = if host.contains("://") { host.to_owned() } else { format!("ssh://git@{host}") };
            return Self::of_url(&format!("{}/{path}", begin.trim_end_matches('/')), None, port);
        }
        let path = base.map_or_else(|| PathBuf::from(text), |base| base.join(text));
        let path = std::path::absolute(path).map_err(|error| format!("no usable path: {error}"))?;
        Ok(Self { place: Place::Folder(path), user: None, password: None })
    }

    fn of_url(text: &str, host: Option<&str>, port: Option<u16>) -> Result<Self, String> {
        const ALLOWED: &str =
            "allowed are https://host/path, ssh://user@host/path, user@host:path, file:///path and a path";
        let mut url = Url::parse(text).map_err(|_| ALLOWED.to_owned())?;
        match url.scheme() {
            "https" | "http" | "ssh" if url.host_str().is_some_and(|host| !host.is_empty()) => {}
            "file" => {
                let path = url.to_file_path().map_err(|()| ALLOWED.to_owned())?;
                return Ok(Self { place: Place::Folder(path), user: None, password: None });
            }
            _ => return Err(ALLOWED.to_owned()),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a repository's URL has neither a query nor a fragment".to_owned());
        }
        // The original was told host and port beside the URL.
        let same = host.is_none_or(|host| url.host_str() == Some(host));
        if let (Some(port), None, true) = (port, url.port(), same) {
            url.set_port(Some(port)).map_err(|()| ALLOWED.to_owned())?;
        }
        let user = Some(percent_decode(url.username())).filter(|user| !user.is_empty());
        let password = url.password().map(|password| SecretString::from(percent_decode(password)));
        // Neither can fail for a URL with a host.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        Ok(Self { place: Place::Remote(url), user, password })
    }

    /// What git is given: no password is in it, nor a user of http.
    pub fn url(&self) -> String {
        match (&self.place, &self.user) {
            (Place::Remote(url), Some(user)) if url.scheme() == "ssh" => {
                let mut url = url.clone();
                // It has a host, so it can have a user.
                let _ = url.set_username(user);
                url.to_string()
            }
            (Place::Remote(url), _) => url.to_string(),
            (Place::Scp { host, path }, user) => {
                format!("{}@{host}:{path}", user.as_deref().unwrap_or("git"))
            }
            (Place::Folder(path), _) => path.to_string_lossy().into_owned(),
        }
    }

    /// Whether it is reached over a network.
    pub fn is_remote(&self) -> bool {
        !matches!(self.place, Place::Folder(_))
    }

    /// The user that its URL names: of http possibly a token.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password that its URL held.
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    /// What of its URL must never be shown: the password, or over http the user who has none, which is a token.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        let is_http = matches!(&self.place, Place::Remote(url) if url.scheme() != "ssh");
        match (&self.password, &self.user) {
            (Some(password), _) => vec![password.clone()],
            (None, Some(user)) if is_http => vec![user.clone().into()],
            _ => Vec::new(),
        }
    }
}

/// User, host and path of `user@host:path`. A slash before the colon makes it a path, as for git.
fn scp(text: &str) -> Option<(Option<String>, String, String)> {
    let (place, path) = text.split_once(':')?;
    if place.contains('/') || place.is_empty() || path.is_empty() {
        return None;
    }
    let (user, host) = match place.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, place),
    };
    (!host.is_empty()).then(|| (user, host.to_owned(), path.to_owned()))
}

impl PartialEq for GitRepository {
    fn eq(&self, other: &Self) -> bool {
        let password = |of: &Self| of.password.as_ref().map(|password| password.expose_secret().to_owned());
        self.place == other.place && self.user == other.user && password(self) == password(other)
    }
}

impl fmt::Debug for GitRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitRepository").field("place", &self.place).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str, host: Option<&str>, port: Option<u16>) -> String {
        GitRepository::parse(text, host, port, Some(Path::new("/work"))).unwrap().url()
    }

    #[test]
    fn every_way_to_write_a_repository_is_understood() {
        assert_eq!(url("https://git.example/a/b.git", None, None), "https://git.example/a/b.git");
        assert_eq!(url("ssh://git@git.example:2222/a/b.git", None, None), "ssh://git@git.example:2222/a/b.git");
        assert_eq!(url("git@git.example:a/b.git", None, None), "git@git.example:a/b.git");
        assert_eq!(url("git.example:a/b.git", None, None), "git@git.example:a/b.git");
        assert_eq!(url("file:///srv/git/b.git", None, None), "/srv/git/b.git");
        assert_eq!(url("monitors", None, None), "/work/monitors");
    }

    #[test]
    fn host_and_port_complete_what_the_repository_leaves_open() {
        let host = Some("git.example");
        assert_eq!(url("a/b.git", host, None), "ssh://git@git.example/a/b.git");
        assert_eq!(url("/a/b.git", host, Some(2222)), "ssh://git@git.example:2222/a/b.git");
        assert_eq!(url("a/b.git", Some("https://git.example/"), Some(8443)), "https://git.example:8443/a/b.git");
        assert_eq!(url("https://git.example/b.git", host, Some(8443)), "https://git.example:8443/b.git");
        assert_eq!(url("https://git.example:1/b.git", host, Some(8443)), "https://git.example:1/b.git");
        assert_eq!(url("https://other.example/b.git", host, Some(8443)), "https://other.example/b.git");
        assert_eq!(url("git@git.example:a/b.git", host, Some(2222)), "ssh://git@git.example:2222/a/b.git");
    }

    #[test]
    fn credentials_are_kept_apart_and_secret() {
        let repository = GitRepository::parse("https://jane:p%40ss@git.example/b.git", None, None, None).unwrap();
        assert_eq!(repository.url(), "https://git.example/b.git");
        assert_eq!((repository.user(), repository.password().unwrap().expose_secret()), (Some("jane"), "p@ss"));
        let token = GitRepository::parse("https://ghp_token@git.example/b.git", None, None, None).unwrap();
        assert_eq!(token.secrets()[0].expose_secret(), "ghp_token");
        let ssh = GitRepository::parse("ssh://git@git.example/b.git", None, None, None).unwrap();
        assert!(ssh.secrets().is_empty());
        assert!(!format!("{repository:?} {token:?}").contains("ghp_"));
    }

    #[test]
    fn what_is_no_repository_is_refused() {
        for wrong in ["ftp://git.example/b.git", "https:///b.git", "https://git.example/b.git?x=1", "://"] {
            assert!(GitRepository::parse(wrong, None, None, None).is_err(), "{wrong}");
        }
    }
}
