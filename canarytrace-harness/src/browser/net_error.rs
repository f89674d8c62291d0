//! What Chromium's network errors (`net::ERR_…`) mean: kind, fault, and a sentence for people.

use crate::record::{Failure, FailureKind, Fault};

/// The failure that a navigation to `url` ended with, from the driver's message.
///
/// The names are those of Chromium's `net/base/net_error_list.h`; the explanations are for the frequent ones, and an
/// unknown one is still told by its name.
pub(crate) fn navigation_failure(url: &str, message: &str) -> Failure {
    let name = net_error(message);
    let (kind, fault, explanation) = match name {
        Some("ERR_NAME_NOT_RESOLVED") => (
            FailureKind::Navigation,
            Fault::Network,
            "the name could not be resolved: check its spelling and the machine's name servers",
        ),
        Some("ERR_CONNECTION_REFUSED") => (
            FailureKind::Navigation,
            Fault::Application,
            "the host is there but nothing listens on this port: is the application running?",
        ),
        Some("ERR_CONNECTION_RESET" | "ERR_CONNECTION_CLOSED" | "ERR_EMPTY_RESPONSE" | "ERR_INVALID_HTTP_RESPONSE") => {
            (FailureKind::Navigation, Fault::Application, "the server broke the connection off without an answer")
        }
        Some("ERR_CONNECTION_TIMED_OUT" | "ERR_TIMED_OUT" | "ERR_ADDRESS_UNREACHABLE") => {
            (FailureKind::Navigation, Fault::Network, "the host did not answer")
        }
        Some("ERR_INTERNET_DISCONNECTED" | "ERR_NETWORK_CHANGED" | "ERR_NETWORK_ACCESS_DENIED") => {
            (FailureKind::Navigation, Fault::Network, "this machine has no network")
        }
        Some("ERR_TOO_MANY_REDIRECTS") => {
            (FailureKind::Navigation, Fault::Application, "the redirects never come to an end")
        }
        Some("ERR_UNSAFE_PORT") => (
            FailureKind::Navigation,
            Fault::Harness,
            "the browser refuses this port; allow it with --explicitly-allowed-ports in CANARYTRACE_BROWSER_ARGS",
        ),
        Some("ERR_CERT_DATE_INVALID") => {
            (FailureKind::Tls, Fault::Application, "the certificate has expired, or is not valid yet")
        }
        Some("ERR_CERT_AUTHORITY_INVALID") => (
            FailureKind::Tls,
            Fault::Application,
            "the certificate is self-signed, or signed by an authority that this browser does not trust",
        ),
        Some("ERR_CERT_COMMON_NAME_INVALID") => {
            (FailureKind::Tls, Fault::Application, "the certificate was made for another host name")
        }
        Some(name) if name.starts_with("ERR_CERT_") || name.starts_with("ERR_SSL_") => {
            (FailureKind::Tls, Fault::Application, "the TLS connection was refused")
        }
        Some(name) if name.starts_with("ERR_PROXY_") || name.starts_with("ERR_TUNNEL_") => {
            (FailureKind::Navigation, Fault::Network, "the proxy did not let it through")
        }
        _ => (FailureKind::Navigation, Fault::Application, ""),
    };
    let what = name.map_or_else(|| message.to_owned(), |name| format!("net::{name}"));
    let text = if explanation.is_empty() {
        format!("could not open {url}: {what}")
    } else {
        format!("could not open {url}: {what}: {explanation}")
    };
    Failure::new(kind, text).blame(fault)
}

/// `ERR_NAME_NOT_RESOLVED` out of a text with `net::ERR_NAME_NOT_RESOLVED`.
fn net_error(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("net::")?;
    let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_does_not_resolve_is_the_networks_fault() {
        let failure =
            navigation_failure("http://shop.invalid/", "unknown error: net::ERR_NAME_NOT_RESOLVED\n  (Session info)");
        assert_eq!((failure.kind, failure.fault), (FailureKind::Navigation, Fault::Network));
        assert!(
            failure.message.starts_with("could not open http://shop.invalid/: net::ERR_NAME_NOT_RESOLVED: the name")
        );
    }

    #[test]
    fn an_unknown_certificate_error_is_still_tls() {
        assert_eq!(navigation_failure("https://a/", "net::ERR_CERT_REVOKED").kind, FailureKind::Tls);
    }

    #[test]
    fn an_unknown_network_error_is_told_by_its_name() {
        let failure = navigation_failure("http://a/", "unknown error: net::ERR_NEW_ONE at x");
        assert_eq!(failure.message, "could not open http://a/: net::ERR_NEW_ONE");
    }
}
