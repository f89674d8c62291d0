//! What a failed request died of: reads the chain of errors that the HTTP client wraps into each other.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use rustls::CertificateError;
use url::Url;

use super::trouble::TroubleKind;

/// The way that a request took, for words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    /// The node that was asked, without credentials.
    pub(super) node: &'a Url,
    /// Whether a file names authorities that are trusted.
    pub(super) has_ca: bool,
    /// The proxy on the way, without credentials.
    pub(super) proxy: Option<&'a Url>,
    /// The limit of the request.
    pub(super) timeout: Duration,
}

/// Kind and words, with what to do, for a request that came to nothing. `timed_out`: the HTTP client says that its time
/// was up.
pub(super) fn diagnose(error: &(dyn Error + 'static), timed_out: bool, way: &Way<'_>) -> (TroubleKind, String) {
    let chain = chain(error);
    let deepest = chain.last().map(ToString::to_string).unwrap_or_default();
    let said = |text: &str| chain.iter().any(|error| error.to_string().starts_with(text));
    let io = chain.iter().find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
    let connecting = chain
        .iter()
        .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect);
    let http = chain.iter().find_map(|error| error.downcast_ref::<hyper::Error>());
    let (host, proxy) = (way.node.host_str().unwrap_or_default(), way.proxy);

    if let Some(tls) = chain.iter().find_map(|error| error.downcast_ref::<rustls::Error>()) {
        return (TroubleKind::Tls, tls_words(tls, host, way));
    }
    if said("dns error") {
        let (name, option) = match proxy {
            Some(proxy) => (proxy.host_str().unwrap_or_default(), "CANARYTRACE_ELASTIC_PROXY"),
            None => (host, "ELASTIC_CLUSTER"),
        };
        return (TroubleKind::Name, format!("the name {name} is not known ({deepest}): check {option}"));
    }
    if said("tunnel error") {
        let message =
            format!("the proxy leads nowhere ({deepest}): check CANARYTRACE_ELASTIC_PROXY and ELASTIC_CLUSTER");
        return (TroubleKind::Connect, message);
    }
    if connecting && said("tcp connect error") {
        return (TroubleKind::Connect, connect_words(io, &deepest, way));
    }
    if timed_out {
        let limit = way.timeout;
        return (TroubleKind::Timeout, format!("no whole reply within {limit:?} (ELASTIC_TIMEOUT)"));
    }
    if connecting {
        let message =
            format!("the TLS handshake came to no end ({deepest}): is it a server for https, and a healthy one?");
        return (TroubleKind::Tls, message);
    }
    if said("builder error") || error.source().is_none() {
        return (TroubleKind::Request, format!("no request can be made ({deepest})"));
    }
    if said("error following redirect") {
        let message = "the node only redirects: name the address that it leads to in ELASTIC_CLUSTER".to_owned();
        return (TroubleKind::Reply, message);
    }
    match http {
        Some(http) if http.is_parse() => {
            let advice = if way.node.scheme() == "http" { ": does the node want https://?" } else { "" };
            (TroubleKind::Reply, format!("the reply is no HTTP ({deepest}){advice}"))
        }
        // Whatever the decoder says of an intact message lies in what was sent.
        None if said("error decoding response body") => {
            (TroubleKind::Reply, format!("the reply is not compressed as it says ({deepest})"))
        }
        _ => {
            let advice = if way.node.scheme() == "http" && said("connection closed before message completed") {
                "; when it never answers otherwise, it may want https://"
            } else {
                ""
            };
            (TroubleKind::Cut, format!("the connection ended before the whole reply was there ({deepest}){advice}"))
        }
    }
}

fn connect_words(io: Option<io::ErrorKind>, deepest: &str, way: &Way<'_>) -> String {
    let (target, option) = match way.proxy {
        Some(proxy) => (proxy, "CANARYTRACE_ELASTIC_PROXY"),
        None => (way.node, "ELASTIC_CLUSTER"),
    };
    let host = target.host_str().unwrap_or_default();
    let port = target.port_or_known_default().unwrap_or_default();
    match io {
        Some(io::ErrorKind::ConnectionRefused) => {
            let usual = if target.port().is_none() && way.proxy.is_none() {
                format!("; its port is {port} when none is named, the usual one of a node is 9200")
            } else {
                String::new()
            };
            format!("nobody listens at {host}:{port} ({deepest}): is it up, and is {option} right?{usual}")
        }
        _ => format!("no connection to {host}:{port} ({deepest}): check {option} and the network"),
    }
}

fn tls_words(error: &rustls::Error, host: &str, way: &Way<'_>) -> String {
    use CertificateError as E;
    let certificate = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::InvalidMessage(_) => {
            return format!("what answers speaks no TLS ({error}): is it http:// rather than https://?");
        }
        rustls::Error::AlertReceived(alert) => {
            return format!("the server broke the TLS handshake off ({alert:?}): does it want a client certificate?");
        }
        other => return format!("no TLS connection can be agreed on ({other})"),
    };
    let unknown = || {
        let known = if way.has_ca {
            "neither by the system nor by the file in"
        } else {
            "not by the system: name a file with the certificate of its authority (PEM) by"
        };
        format!("its certificate is signed by nobody who is trusted, {known} CANARYTRACE_ELASTIC_CA")
    };
    match certificate {
        E::Expired | E::ExpiredContext { .. } => {
            let when = match certificate {
                E::ExpiredContext { not_after, .. } => format!(" on {}", day(not_after.as_secs())),
                _ => String::new(),
            };
            format!("its certificate expired{when}: it has to be renewed on the server")
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "its certificate is not valid yet: is the clock of this machine right?".to_owned()
        }
        E::UnknownIssuer => unknown(),
        // A server that presents a self-signed authority as its own certificate.
        E::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            format!("{} (it is an authority's own)", unknown())
        }
        E::NotValidForName => format!("its certificate is not for {host}: name the node in ELASTIC_CLUSTER as it does"),
        E::NotValidForNameContext { presented, .. } => {
            let names = if presented.is_empty() { "no name at all".to_owned() } else { presented.join(", ") };
            format!("its certificate is for {names}, not for {host}: name the node in ELASTIC_CLUSTER as it does")
        }
        E::Revoked => "its certificate was revoked".to_owned(),
        // Every cluster that sets its security up itself has an authority of the same name.
        E::BadSignature => {
            "its certificate is signed by another authority with the name of one that is trusted: is the file in \
             CANARYTRACE_ELASTIC_CA that of another cluster, or an older one?"
                .to_owned()
        }
        other => format!("its certificate can't be verified ({other})"),
    }
}

/// A day as people write it, of seconds since 1970.
fn day(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| "an unknown day".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

/// An error and all it wraps, the cause last. What an I/O error wraps is left out by its own `source`.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    fn next<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let error = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    successors(Some(error), next).collect()
}
