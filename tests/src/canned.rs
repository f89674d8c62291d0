//! A small HTTP server that answers as a test says, with TLS or without, and keeps what it was asked.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::servers::port_of;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET /path?query HTTP/1.1`.
    pub line: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    /// As it came over the wire.
    pub body: Vec<u8>,
}

impl Asked {
    /// The value of a header; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A whole reply: status, headers, body.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes as they are, and then the end of the connection.
    Raw(Vec<u8>),
    /// The beginning of a reply, and then a byte each so often.
    Drip(Duration),
    /// The connection ends without a word.
    Cut,
}

impl Answer {
    /// JSON with these headers.
    pub fn json(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        headers.push(("content-type", "application/json".to_owned()));
        Self::Whole(status, headers, body.as_bytes().to_vec())
    }
}

type Script = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

/// A server that lives as long as the process.
#[derive(Clone)]
pub struct Canned {
    port: u16,
    secure: bool,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

impl Canned {
    /// Answers on a free port.
    pub fn serve(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"), None, script)
    }

    /// Answers over TLS on a free port.
    pub fn serve_tls(identity: &Identity, script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        Self::serve_on(listener, Some(identity.config.clone()), script)
    }

    /// Answers whoever connects to `listener`.
    pub fn serve_on(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        script: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let canned = Self { port: port_of(&listener), secure: tls.is_some(), asked: Arc::default() };
        let (asked, script) = (canned.asked.clone(), Arc::new(script) as Script);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, script, tls) = (asked.clone(), script.clone(), tls.clone());
                // That connections break off is what the tests are about.
                std::thread::spawn(move || match tls {
                    Some(config) => {
                        let connection = ServerConnection::new(config).ok()?;
                        converse(BufReader::new(StreamOwned::new(connection, stream)), &asked, &script)
                    }
                    None => converse(BufReader::new(stream), &asked, &script),
                });
            }
        });
        canned
    }

    /// `http://127.0.0.1:PORT/`, or `https`.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}/", if self.secure { "https" } else { "http" }, self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn converse<S: Read + Write>(mut stream: BufReader<S>, asked: &Mutex<Vec<Asked>>, script: &Script) -> Option<()> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        let request = Asked { line: line.trim_end().to_owned(), headers, body };
        let answer = script(&request);
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let stream = stream.get_mut();
        match answer {
            Answer::Whole(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    let _ = write!(head, "{name}: {value}\r\n");
                }
                stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
                stream.write_all(&body).ok()?;
                stream.flush().ok()?;
            }
            Answer::Raw(bytes) => {
                stream.write_all(&bytes).ok()?;
                stream.flush().ok()?;
                return None;
            }
            Answer::Drip(pause) => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").ok()?;
                loop {
                    stream.write_all(b"{").ok()?;
                    stream.flush().ok()?;
                    std::thread::sleep(pause);
                }
            }
            Answer::Cut => return None,
        }
    }
}

/// An authority of a test's own.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// Key and certificate of a server.
#[derive(Clone, Debug)]
pub struct Identity {
    config: Arc<ServerConfig>,
}

impl Authority {
    /// A new one with this name, which nobody trusts yet.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a server with this name or address, whose time ends with `until` (a year).
    pub fn sign(&self, name: &str, until: i32) -> Identity {
        let mut params = CertificateParams::new([name.to_owned()]).expect("it is a name");
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of the provider")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("key and certificate fit");
        Identity { config: Arc::new(config) }
    }
}
