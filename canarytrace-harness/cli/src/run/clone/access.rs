//! Who we are for the git server, and whom we take it for.

use std::cell::RefCell;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use canarytrace::config::{Config, GitRepository};
use git2::{CertificateCheckStatus, Cred, CredentialType, Error, ErrorClass, ErrorCode, ProxyOptions, RemoteCallbacks};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::known_hosts::KnownHosts;
use super::{globals, troubles};
use crate::run::trouble::{Kind, Outcome, Trouble};

/// The user of a token, where the URL names none: GitHub's word, which other servers take too.
const USER_OF_TOKEN: &str = "x-access-token";

/// How a repository is reached.
#[derive(Clone)]
pub(in crate::run) struct Access {
    pub(super) url: String,
    user: Option<String>,
    token: Option<SecretString>,
    key: Option<SecretString>,
    passphrase: Option<SecretString>,
    known_hosts: Option<PathBuf>,
    ca: Option<PathBuf>,
    pub(super) timeout: Duration,
    pub(super) is_remote: bool,
}

/// What a callback knows better than the error that libgit2 makes of it.
pub(super) type Noted = Rc<RefCell<Option<Trouble>>>;

impl Access {
    pub(in crate::run) fn new(repository: &GitRepository, config: &Config) -> Self {
        Self {
            url: repository.url(),
            user: repository.user().map(str::to_owned),
            token: config.git_token.clone().or_else(|| repository.password().cloned()),
            key: config.git_ssh_key.clone(),
            passphrase: config.git_ssh_key_passphrase.clone(),
            known_hosts: config.git_known_hosts.clone(),
            ca: config.git_ca.clone(),
            timeout: config.git_timeout,
            is_remote: repository.is_remote(),
        }
    }

    /// To be called before anything is asked of git.
    pub(super) fn begin(&self) -> Outcome<()> {
        if let Some(ca) = self.ca.as_ref().filter(|ca| !ca.is_file()) {
            return Err(Trouble::new(Kind::Usage, format!("GIT_CA: {} is no file", ca.display())));
        }
        globals::set(self.timeout, self.ca.as_deref())
            .map_err(|error| Trouble::new(Kind::Usage, format!("GIT_CA can't be used: {}", error.message())))
    }

    /// Answers what git asks while it is connected to `url`: the repository's, or that of a submodule, which gets the
    /// credentials only at the same host.
    pub(super) fn callbacks<'a>(&'a self, url: &'a str, noted: &Noted) -> RemoteCallbacks<'a> {
        let mut callbacks = RemoteCallbacks::new();
        let note = noted.clone();
        let mut asked = Asked::default();
        callbacks.credentials(move |asking, user, allowed| {
            self.credentials(&mut asked, asking, user, allowed).map_err(|trouble| {
                let error = Error::new(ErrorCode::Auth, ErrorClass::Net, &trouble.message);
                note.borrow_mut().get_or_insert(trouble);
                error
            })
        });
        let note = noted.clone();
        callbacks.certificate_check(move |certificate, host| {
            let Some(key) = certificate.as_hostkey() else {
                // libgit2 has checked a certificate of X.509 already, by OpenSSL.
                return Ok(CertificateCheckStatus::CertificatePassthrough);
            };
            let port = port_of_ssh(url);
            let checked = KnownHosts::read(self.known_hosts.as_deref())
                .and_then(|known| known.check(host, port, key.hostkey().unwrap_or_default()));
            checked.map(|()| CertificateCheckStatus::CertificateOk).map_err(|trouble| {
                let error = Error::new(ErrorCode::Certificate, ErrorClass::Ssh, &trouble.message);
                note.borrow_mut().get_or_insert(trouble);
                error
            })
        });
        callbacks
    }

    /// Proxies as git's own configuration and the environment name them.
    pub(super) fn proxy<'a>() -> ProxyOptions<'a> {
        let mut proxy = ProxyOptions::new();
        proxy.auto();
        proxy
    }

    /// An error of git as trouble.
    pub(super) fn trouble(&self, error: &Error, noted: &Noted) -> Trouble {
        noted.borrow_mut().take().unwrap_or_else(|| troubles::of(error, &self.url))
    }

    fn credentials(
        &self,
        asked: &mut Asked,
        asking: &str,
        user: Option<&str>,
        allowed: CredentialType,
    ) -> Result<Cred, Trouble> {
        let refused = |message: String| Trouble::new(Kind::Credentials, message);
        let made = |cred: Result<Cred, Error>| {
            cred.map_err(|error| refused(format!("the credentials can't be used: {}", error.message())))
        };
        let user = user.or(self.user.as_deref());
        if allowed.contains(CredentialType::USERNAME) {
            return made(Cred::username(user.unwrap_or("git")));
        }
        if !same_host(asking, &self.url) {
            return Err(refused(format!(
                "{asking} wants credentials, and those that are given are for {} alone",
                self.url
            )));
        }
        if allowed.is_ssh_key() {
            let Some(key) = &self.key else {
                return Err(refused(format!(
                    "{} wants a key: set GIT_SSH_KEY_FILE to the file of a private key",
                    self.url
                )));
            };
            if std::mem::replace(&mut asked.key, true) {
                return Err(refused(format!(
                    "{} refused the key of GIT_SSH_KEY for the user {}: is its public half registered there?",
                    self.url,
                    user.unwrap_or("git")
                )));
            }
            let passphrase = self.passphrase.as_ref().map(ExposeSecret::expose_secret);
            return made(Cred::ssh_key_from_memory(user.unwrap_or("git"), None, key.expose_secret(), passphrase));
        }
        if allowed.contains(CredentialType::USER_PASS_PLAINTEXT) {
            let (user, token) = match (user, &self.token) {
                (user, Some(token)) => (user.unwrap_or(USER_OF_TOKEN), token.expose_secret()),
                // https://token@host/path
                (Some(user), None) => (user, ""),
                (None, None) => {
                    return Err(refused(format!(
                        "{} wants credentials; set GIT_TOKEN, or GIT_TOKEN_FILE, to a token that may read it",
                        self.url
                    )));
                }
            };
            if std::mem::replace(&mut asked.token, true) {
                let advice = "is it still valid, and may it read this repository?";
                return Err(refused(format!("{} refused the token of GIT_TOKEN: {advice}", self.url)));
            }
            if is_in_clear(asking) {
                return Err(refused(format!(
                    "a token is not sent over http, where everybody can read it: {} has to be https",
                    self.url
                )));
            }
            return made(Cred::userpass_plaintext(user, token));
        }
        Err(refused(format!("{} wants credentials of a kind that can't be given: {allowed:?}", self.url)))
    }
}

/// What was given already: git asks again when it was refused.
#[derive(Default)]
struct Asked {
    token: bool,
    key: bool,
}

/// Whether two URLs are of one host and port; of a URL without a scheme, ssh's.
fn same_host(a: &str, b: &str) -> bool {
    match (place(a), place(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn place(url: &str) -> Option<(String, u16)> {
    if url.contains("://") {
        let parsed = Url::parse(url).ok()?;
        let port = parsed.port_or_known_default().or_else(|| (parsed.scheme() == "ssh").then_some(22))?;
        return Some((parsed.host_str()?.to_lowercase(), port));
    }
    let (host, _path) = url.split_once(':')?;
    let host = host.rsplit_once('@').map_or(host, |(_user, host)| host);
    Some((host.to_lowercase(), 22))
}

fn port_of_ssh(url: &str) -> u16 {
    place(url).map_or(22, |(_, port)| port)
}

/// Whether what is sent there can be read on its way.
fn is_in_clear(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let is_loopback = url.host_str().is_some_and(|host| {
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    });
    url.scheme() == "http" && !is_loopback
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known_hosts: Option<&Path> = self.known_hosts.as_deref();
        f.debug_struct("Access").field("url", &self.url).field("known_hosts", &known_hosts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_for_one_host_and_port() {
        let ours = "https://git.example/a.git";
        assert!(same_host("https://GIT.example:443/other", ours));
        for other in ["https://git.example:8443/a", "https://evil.example/a", "ssh://git@git.example/a", "/srv/a", ""] {
            assert!(!same_host(other, ours), "{other}");
        }
        assert!(same_host("ssh://git@git.example/b", "git@git.example:a.git"));
        assert!(!same_host("ssh://git@git.example:2222/b", "git@git.example:a.git"));
    }

    #[test]
    fn a_token_is_sent_in_clear_to_this_machine_alone() {
        assert!(is_in_clear("http://git.example/a"));
        for fine in ["https://git.example/a", "http://127.0.0.1:8080/a", "http://localhost/a", "http://[::1]:1/a"] {
            assert!(!is_in_clear(fine), "{fine}");
        }
    }
}
