//! Servers in the test's own process: the practice site, servers with bad certificates, and ports that nobody serves.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;

/// The practice site on a free port; gone when dropped.
#[derive(Debug)]
pub struct PracticeSite {
    port: u16,
    _stop: oneshot::Sender<()>,
}

impl PracticeSite {
    /// Serves until it is dropped.
    pub fn start() -> Self {
        let listener = listen();
        let port = port_of(&listener);
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    result = canarytrace::site::serve(listener) => result.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        Self { port, _stop: stop }
    }

    /// `http://127.0.0.1:PORT` with this path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority())
    }

    /// `127.0.0.1:PORT`.
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// What is wrong with the certificate of a web server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing, for whoever trusts the [authority](trust_authority) of these tests.
    Valid,
    /// Its time ended in 2001; it would be valid otherwise.
    Expired,
    /// It is signed by nobody but itself.
    SelfSigned,
}

/// Makes a home whose user trusts the certificate authority of these tests, as NSS keeps it.
///
/// Made with `certutil -N -d sql:DB --empty-password` and `certutil -A -d sql:DB -n tests -t C,, -i authority.pem`, which
/// a bare machine lacks. An expired certificate needs it: of one whose authority is unknown as well, Chromium says that.
pub fn trust_authority(home: &Path) {
    let database = home.join(".pki/nssdb");
    std::fs::create_dir_all(&database).expect("the home can be written");
    for (name, content) in
        [("cert9.db", &include_bytes!("authority/cert9.db")[..]), ("key4.db", &include_bytes!("authority/key4.db")[..])]
    {
        std::fs::write(database.join(name), content).expect("the home can be written");
    }
}

/// The authority that only homes made by [`trust_authority`] trust. Its key is no secret.
fn authority() -> Issuer<'static, KeyPair> {
    let key = KeyPair::from_pem(include_str!("authority/key.pem")).expect("it is a key");
    Issuer::new(authority_params(), key)
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Tests of Canarytrace");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2100, 1, 1);
    params
}

/// The authority that signs valid and expired certificates, as a PEM file has it.
pub fn authority_pem() -> String {
    let key = KeyPair::from_pem(include_str!("authority/key.pem")).expect("it is a key");
    authority_params().self_signed(&key).expect("a certificate").pem()
}

/// How a server on 127.0.0.1 with such a certificate speaks TLS.
pub(crate) fn tls_config(certificate: Certificate) -> Arc<ServerConfig> {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("it is a name");
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(if certificate == Certificate::Expired { 2001 } else { 2100 }, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let certificate = match certificate {
        Certificate::SelfSigned => params.self_signed(&key),
        Certificate::Valid | Certificate::Expired => params.signed_by(&key, &authority()),
    };
    let certificate = certificate.expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of the provider")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("key and certificate fit");
    Arc::new(config)
}

/// Serves a page over TLS on a free port, for as long as the process lives. Returns its URL.
pub fn serve_tls(certificate: Certificate) -> String {
    let config = tls_config(certificate);
    let listener = listen();
    let url = format!("https://127.0.0.1:{}/", port_of(&listener));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = config.clone();
            // A browser opens several connections; that it breaks some off is what the tests are about.
            std::thread::spawn(move || answer(config, stream));
        }
    });
    url
}

fn answer(config: Arc<ServerConfig>, stream: TcpStream) -> Option<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).ok()?;
    let page = "<!DOCTYPE html><title>Over TLS</title>";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", page.len());
    stream.write_all(format!("{head}{page}").as_bytes()).ok()
}

/// A port that somebody listens on who never answers.
pub fn taken_port() -> TcpListener {
    listen()
}

/// A port that refuses connections for as long as this value lives: it is taken, and nobody listens.
#[derive(Debug)]
pub struct RefusedPort {
    port: u16,
    _taken: TcpSocket,
}

impl RefusedPort {
    /// A free port.
    pub fn take() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        Self { port: socket.local_addr().expect("it is bound").port(), _taken: socket }
    }

    /// `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

/// The port of a listener.
pub fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("it is bound").port()
}

fn listen() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")
}

/// Serves a small API over HTTP on a free port, for as long as the process lives. Returns its URL, without a slash.
///
/// `/api/products` has two items, `/api/echo` tells what it was asked, `/api/later` is there from the third time on,
/// `/redirect/STATUS` leads to the echo, `/loop` to itself, `/slow` never answers, `/big` has 50 MB, `/broken` half a
/// JSON, and everything else is a 404.
pub fn serve_api() -> String {
    let listener = listen();
    let url = format!("http://127.0.0.1:{}", port_of(&listener));
    std::thread::spawn(move || {
        let asked = Arc::new(AtomicU32::new(0));
        for stream in listener.incoming().flatten() {
            let asked = asked.clone();
            std::thread::spawn(move || answer_api(stream, &asked));
        }
    });
    url
}

fn answer_api(stream: TcpStream, asked: &AtomicU32) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let (method, target) = line.split_once(' ')?;
    let target = target.split(' ').next()?.to_owned();
    let mut headers = serde_json::Map::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_owned(), value.into());
    }
    let length = headers.get("content-length").and_then(|length| length.as_str()?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;

    let json = "content-type: application/json\r\n";
    let (status, more, body) = match target.split('?').next()? {
        "/api/products" => {
            let items = json!([{ "id": 7, "name": "Lamp", "price": 19.5 }, { "id": 8, "name": "Table", "price": 9 }]);
            (200, json.to_owned(), json!({ "query": target, "items": items }).to_string())
        }
        "/api/echo" => {
            (200, json.to_owned(), json!({ "method": method, "headers": headers, "body": body }).to_string())
        }
        "/api/later" if asked.fetch_add(1, Ordering::Relaxed) >= 2 => (200, String::new(), String::new()),
        "/redirect/302" => (302, "location: /api/echo\r\n".to_owned(), String::new()),
        "/redirect/307" => (307, "location: /api/echo\r\n".to_owned(), String::new()),
        "/loop" => (302, "location: /loop\r\n".to_owned(), String::new()),
        "/broken" => (200, json.to_owned(), "{\"items\": [".to_owned()),
        "/big" => (200, String::new(), "x".repeat(50_000_000)),
        "/slow" => loop {
            std::thread::park();
        },
        _ => (404, String::new(), "no such thing".to_owned()),
    };
    let stream = stream.get_mut();
    write!(stream, "HTTP/1.1 {status} Status\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n", body.len())
        .ok()?;
    if method == "HEAD" { Some(()) } else { stream.write_all(body.as_bytes()).ok() }
}
