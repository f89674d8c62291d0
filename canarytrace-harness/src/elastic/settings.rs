//! How a cluster is reached.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::config::Config;

/// How a cluster is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its nodes, without credentials; never empty.
    pub nodes: Vec<Url>,
    /// Who we are.
    pub auth: Option<Auth>,
    /// File with certificates (PEM) that are trusted beside the system's.
    pub ca: Option<PathBuf>,
    /// Proxy on the way; the system's is never used.
    pub proxy: Option<Url>,
    /// Longest duration of a request, from the connection to the last byte of the reply.
    pub timeout: Duration,
    /// Whether the bodies of requests are compressed (gzip).
    pub compression: bool,
    /// Whether every request and reply is told.
    pub observability: bool,
}

/// Who we are for the cluster.
#[derive(Clone, Debug)]
pub enum Auth {
    /// HTTP basic authentication (RFC 7617).
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: SecretString,
    },
    /// An API key, encoded: base64 of `id:key`.
    ApiKey(SecretString),
}

/// Options that don't go together or can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

impl Settings {
    /// The cluster that the options name; none when they name none.
    ///
    /// # Errors
    /// When options exclude each other, or the cloud id can't be read.
    pub fn of(config: &Config) -> Result<Option<Self>, SettingsError> {
        let mut nodes = config.elastic_cluster.clone();
        if nodes.is_empty() {
            return Ok(None);
        }
        let mut auth = config
            .elastic_http_auth
            .as_ref()
            .map(|auth| Auth::Basic { user: auth.user.clone(), password: auth.password.clone() });
        if let Some(key) = &config.elastic_api_key {
            auth = Some(Auth::ApiKey(encoded(key)));
        }
        for node in &mut nodes {
            // Credentials go into a header, never into what is shown.
            if let (Some(password), None) = (node.password(), &auth) {
                auth = Some(Auth::Basic {
                    user: crate::record::percent_decode(node.username()),
                    password: crate::record::percent_decode(password).into(),
                });
            }
            let _ = node.set_password(None);
            let _ = node.set_username("");
        }
        Ok(Some(Self {
            nodes,
            auth,
            ca: config.elastic_ca.clone(),
            proxy: config.elastic_proxy.clone(),
            timeout: config.elastic_timeout,
            compression: config.elastic_request_compression,
            observability: config.elastic_observability,
        }))
    }
}

/// The key as the header has it; `id:key` is encoded.
fn encoded(key: &SecretString) -> SecretString {
    use base64::Engine as _;
    let text = key.expose_secret();
    if text.contains(':') { base64::engine::general_purpose::STANDARD.encode(text).into() } else { key.clone() }
}
