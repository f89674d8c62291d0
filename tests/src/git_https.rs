//! Git over https: git's own `http-backend` behind a server that wants a token.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConnection, StreamOwned};

use crate::servers::{Certificate, port_of, tls_config};

/// The token that is let in.
pub const TOKEN: &str = "hunter2-of-the-https-server";

/// Serves a folder with repositories for as long as the process lives, to whoever has the token.
#[derive(Debug)]
pub struct GitHttps {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl GitHttps {
    /// Serves with a certificate of the tests' authority.
    pub fn serve(folder: &Path) -> Self {
        Self::serve_with(folder, Certificate::Valid)
    }

    /// Serves with such a certificate.
    pub fn serve_with(folder: &Path, certificate: Certificate) -> Self {
        let config = tls_config(certificate);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let server = Self { port: port_of(&listener), requests: Arc::default() };
        let (folder, requests) = (folder.to_owned(), server.requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, folder, requests) = (config.clone(), folder.clone(), requests.clone());
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).expect("the configuration is right");
                    // That a client breaks off is what some tests are about.
                    let _ = connection_of(StreamOwned::new(connection, stream), &folder, &requests);
                });
            }
        });
        server
    }

    /// URL of a repository in the folder.
    pub fn url(&self, repository: &str) -> String {
        format!("https://127.0.0.1:{}/{repository}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

type Tls = StreamOwned<ServerConnection, TcpStream>;

fn connection_of(stream: Tls, folder: &Path, requests: &AtomicUsize) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let request = read(&mut stream)?;
        requests.fetch_add(1, Ordering::Relaxed);
        let (status, headers, body) = if is_let_in(&request) {
            backend(folder, &request)
        } else {
            ("401 Unauthorized".to_owned(), "WWW-Authenticate: Basic realm=\"git\"\r\n".to_owned(), Vec::new())
        };
        let stream = stream.get_mut();
        write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).ok()?;
        stream.write_all(&body).ok()?;
        stream.flush().ok()?;
    }
}

fn is_let_in(request: &Request) -> bool {
    let given = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let given = given.and_then(|given| STANDARD.decode(given).ok()).and_then(|pair| String::from_utf8(pair).ok());
    given.is_some_and(|pair| pair.split_once(':').is_some_and(|(_user, token)| token == TOKEN))
}

fn read(stream: &mut BufReader<Tls>) -> Option<Request> {
    let first = line(stream)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let mut request = Request { method, target, headers, body: Vec::new() };
    if request.header("transfer-encoding") == Some("chunked") {
        loop {
            let length = usize::from_str_radix(&line(stream)?, 16).ok()?;
            let from = request.body.len();
            request.body.resize(from + length, 0);
            stream.read_exact(&mut request.body[from..]).ok()?;
            line(stream)?;
            if length == 0 {
                break;
            }
        }
    } else if let Some(length) = request.header("content-length").and_then(|length| length.parse().ok()) {
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}

fn line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

/// Status, headers and body, by the Common Gateway Interface (RFC 3875).
fn backend(folder: &Path, request: &Request) -> (String, String, Vec<u8>) {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", request.header("content-type").unwrap_or_default())
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", request.header("content-encoding").unwrap_or_default())
        .env("REMOTE_USER", "jane")
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("git is installed");
    let mut input = child.stdin.take().expect("it is piped");
    let body = request.body.clone();
    let writer = std::thread::spawn(move || _ = input.write_all(&body));
    let output = child.wait_with_output().expect("it is our child");
    writer.join().expect("the writer does not panic");
    let end = output.stdout.windows(4).position(|four| four == b"\r\n\r\n").expect("there are headers");
    let mut status = "200 OK".to_owned();
    let mut headers = String::new();
    for line in String::from_utf8_lossy(&output.stdout[..end]).lines() {
        match line.strip_prefix("Status: ") {
            Some(text) => text.clone_into(&mut status),
            None => headers.push_str(&format!("{line}\r\n")),
        }
    }
    (status, headers, output.stdout[end + 4..].to_vec())
}

/// A file with the certificate of the authority that signed the server's.
pub fn authority_in(folder: &Path) -> PathBuf {
    let path = folder.join("authority.pem");
    std::fs::write(&path, crate::servers::authority_pem()).expect("the folder can be written");
    path
}
