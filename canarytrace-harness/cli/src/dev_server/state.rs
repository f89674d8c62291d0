//! What is known of a server that was started.

use std::path::PathBuf;

use canarytrace::elastic::{Auth, Settings};
use serde::{Deserialize, Serialize};
use url::Url;

use super::product::Product;

/// A server that was started: `server.json` in its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What it is.
    pub product: Product,
    /// Its version.
    pub version: String,
    /// Where it answers.
    #[serde(with = "text")]
    pub url: Url,
    /// Name of the cluster: no other server has it.
    pub cluster: String,
    /// Certificate of the authority that signed the server's; only of one with security.
    pub ca: Option<PathBuf>,
    /// User and password of the superuser; only of one with security.
    pub admin: Option<(String, String)>,
}

impl State {
    /// How the server is reached, as the superuser if it knows users.
    pub fn settings(&self) -> Settings {
        let auth = self
            .admin
            .as_ref()
            .map(|(user, password)| Auth::Basic { user: user.clone(), password: password.clone().into() });
        Settings {
            nodes: vec![self.url.clone()],
            auth,
            ca: self.ca.clone(),
            proxy: None,
            timeout: std::time::Duration::from_secs(30),
            compression: true,
            observability: false,
        }
    }
}

/// A URL as text.
mod text {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};
    use url::Url;

    pub(super) fn serialize<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(url.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
