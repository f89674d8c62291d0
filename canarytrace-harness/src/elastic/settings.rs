//! How a cluster is reached.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::trust;
use crate::config::{Config, secrets_of_url};
use crate::record::{Redactor, percent_decode};

/// How a cluster is reached.
#[derive(Clone)]
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
    /// The cluster that the options name; none when they name none. That options exclude each other is found out when
    /// they are read, see `Config`.
    ///
    /// # Errors
    /// When the file with certificates can't be used.
    pub fn of(config: &Config) -> Result<Option<Self>, SettingsError> {
        let mut nodes = config.elastic_cluster.clone();
        nodes.extend(config.elastic_cloud_id.as_ref().map(|id| id.url.clone()));
        if nodes.is_empty() {
            return Ok(None);
        }
        let mut auth = config
            .elastic_http_auth
            .as_ref()
            .map(|auth| Auth::Basic { user: auth.user.clone(), password: auth.password.clone() });
        if let Some(key) = &config.elastic_api_key {
            auth = Some(Auth::ApiKey(key.clone()));
        }
        for node in &mut nodes {
            // Credentials go into a header, never into what is shown.
            if let (Some(password), None) = (node.password(), &auth) {
                auth = Some(Auth::Basic {
                    user: percent_decode(node.username()),
                    password: percent_decode(password).into(),
                });
            }
            let _ = node.set_password(None);
            let _ = node.set_username("");
        }
        if let Some(path) = &config.elastic_ca {
            trust::certificates(path).map_err(SettingsError)?;
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

    /// What must never be shown: passwords and keys, also of the proxy.
    pub fn secrets(&self) -> Vec<SecretString> {
        let mut secrets: Vec<SecretString> =
            self.proxy.iter().flat_map(secrets_of_url).map(SecretString::from).collect();
        match &self.auth {
            Some(Auth::Basic { password, .. }) => secrets.push(password.clone()),
            Some(Auth::ApiKey(key)) => secrets.push(key.clone()),
            None => {}
        }
        secrets
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |url: &Url| Redactor::default().url(url.as_str());
        f.debug_struct("Settings")
            .field("nodes", &self.nodes.iter().map(shown).collect::<Vec<_>>())
            .field("auth", &self.auth)
            .field("ca", &self.ca)
            .field("proxy", &self.proxy.as_ref().map(shown))
            .field("timeout", &self.timeout)
            .field("compression", &self.compression)
            .field("observability", &self.observability)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn of(env: &[(&str, &str)]) -> Settings {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::of(&Config::from_parts(env, None).unwrap()).unwrap().unwrap()
    }

    fn basic(settings: &Settings) -> (String, String) {
        match settings.auth.as_ref().unwrap() {
            Auth::Basic { user, password } => (user.clone(), password.expose_secret().to_owned()),
            Auth::ApiKey(_) => panic!("an API key"),
        }
    }

    #[test]
    fn without_a_cluster_there_are_no_settings() {
        assert!(Settings::of(&Config::from_parts([], None).unwrap()).unwrap().is_none());
    }

    #[test]
    fn credentials_move_from_the_urls_into_the_header() {
        let settings = of(&[("ELASTIC_CLUSTER", "https://jane:p%40ss@a:9200, https://jane:p%40ss@b:9200/es")]);
        let nodes: Vec<&str> = settings.nodes.iter().map(Url::as_str).collect();
        assert_eq!(nodes, ["https://a:9200/", "https://b:9200/es"]);
        assert_eq!(basic(&settings), ("jane".to_owned(), "p@ss".to_owned()));
        let other = of(&[("ELASTIC_CLUSTER", "http://a:9200"), ("ELASTIC_HTTP_AUTH", "joe:a:b")]);
        assert_eq!(basic(&other), ("joe".to_owned(), "a:b".to_owned()));
    }

    #[test]
    fn a_cloud_id_and_an_api_key_are_enough() {
        let id = format!("shop:{}", STANDARD.encode("found.io$4fa8$9d02"));
        for key in ["id:hunter2", &STANDARD.encode("id:hunter2")] {
            let settings = of(&[("CANARYTRACE_ELASTIC_CLOUD_ID", &id), ("CANARYTRACE_ELASTIC_API_KEY", key)]);
            assert_eq!(settings.nodes[0].as_str(), "https://4fa8.found.io/");
            let Some(Auth::ApiKey(key)) = &settings.auth else { panic!("{settings:?}") };
            assert_eq!(key.expose_secret(), STANDARD.encode("id:hunter2"));
        }
    }

    #[test]
    fn a_file_of_certificates_that_is_none_is_an_error_before_anything_is_sent() {
        let env = [("ELASTIC_CLUSTER", "https://a"), ("CANARYTRACE_ELASTIC_CA", "/no/such.pem")];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let error = Settings::of(&Config::from_parts(env, None).unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("CANARYTRACE_ELASTIC_CA: /no/such.pem can't be read"), "{error}");
    }

    #[test]
    fn what_is_shown_of_settings_holds_no_secret() {
        let settings = of(&[
            ("ELASTIC_CLUSTER", "http://jane:hunter2cluster@a:9200"),
            ("CANARYTRACE_ELASTIC_PROXY", "http://joe:hunter2proxy@proxy:3128"),
        ]);
        let shown = format!("{settings:?} {settings:#?}");
        assert!(!shown.contains("hunter2") && shown.contains("proxy:3128") && shown.contains("jane"), "{shown}");
        let secrets: Vec<String> = settings.secrets().iter().map(|s| s.expose_secret().to_owned()).collect();
        assert_eq!(secrets, ["hunter2proxy", "hunter2cluster"]);
        let key = of(&[("ELASTIC_CLUSTER", "http://a"), ("CANARYTRACE_ELASTIC_API_KEY", "id:hunter2")]);
        assert!(!format!("{key:?}").contains(&STANDARD.encode("id:hunter2")));
    }
}
