//! Whom we trust: what the system trusts.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore};

use super::trouble::Trouble;
use crate::record::Fault;

/// A configuration that trusts what the system trusts (or the file in `SSL_CERT_FILE`); made once.
///
/// # Errors
/// Our surroundings' fault: the system has no certificates.
pub(crate) async fn system_certificates() -> Result<Arc<ClientConfig>, Trouble> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let load = || {
        CONFIG
            .get_or_init(|| {
                let loaded = rustls_native_certs::load_native_certs();
                let mut roots = RootCertStore::empty();
                // A certificate that can't be read is not trusted, which is what one would expect.
                let (added, _unreadable) = roots.add_parsable_certificates(loaded.certs);
                if added == 0 {
                    let causes: Vec<String> = loaded.errors.iter().map(ToString::to_string).collect();
                    let causes = causes.join("; ");
                    return Err(format!("the system has no trusted certificates, install ca-certificates ({causes})"));
                }
                client_config(roots)
            })
            .clone()
    };
    let config = match CONFIG.get() {
        Some(config) => config.clone(),
        None => tokio::task::spawn_blocking(load).await.unwrap_or_else(|error| Err(error.to_string())),
    };
    config.map_err(|message| Trouble { phase: "tls", fault: Fault::Harness, message })
}

/// A configuration that trusts `roots` alone.
pub(crate) fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| format!("TLS can't be set up: {error}"))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
