//! Answers that no web server gives: without headers, with too many, torn, or none at all.
//!
//! They are written to the socket as they stand here, on a port of their own beside the site's.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::site::calibration;

/// Longest head of a request that is read, in bytes: URLs and headers of 1 MB are for practice.
const LONGEST_HEAD: usize = 4 * 1024 * 1024;

/// How long a client has to send its request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A header that no browser takes: Chromium's limit for all headers of an answer is 256 kB.
const TOO_LARGE: usize = 1024 * 1024;

/// A header that browsers still take.
const LARGE: usize = 200 * 1024;

/// Answers on `listener` for as long as it is polled.
pub(super) async fn serve(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                tokio::spawn(tokio::time::timeout(PATIENCE, answer(connection)));
            }
            // Out of file handles, for example: they come back.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Reads one request, writes what its path asks for, and closes.
async fn answer(mut connection: TcpStream) {
    let Some(head) = read_head(&mut connection).await else { return };
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let target = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let is_preflight = head.starts_with(b"OPTIONS ");
    let bytes = if is_preflight { preflight() } else { answer_to(&String::from_utf8_lossy(path), head.len()) };
    if bytes.is_empty() && path == b"/reset" {
        // Closing without lingering sends RST in the place of FIN.
        let _ = connection.set_zero_linger();
        return;
    }
    // Who left has nothing to be told.
    if connection.write_all(&bytes).await.is_ok() && connection.shutdown().await.is_ok() {
        // What the client still sends is read to its end, or the kernel would answer it with a reset.
        let mut ignored = [0; 4096];
        while connection.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
    }
}

/// The request up to the empty line.
async fn read_head(connection: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut searched = 0;
    while memchr::memmem::find(&head[searched..], b"\r\n\r\n").is_none() {
        searched = head.len().saturating_sub(3);
        if head.len() > LONGEST_HEAD || connection.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

fn preflight() -> Vec<u8> {
    b"HTTP/1.1 204 No Content\r\naccess-control-allow-origin: *\r\naccess-control-allow-headers: *\r\n\
      access-control-allow-methods: *\r\nconnection: close\r\n\r\n"
        .to_vec()
}

/// What is written for a path. A request had so many bytes in its head.
fn answer_to(path: &str, head: usize) -> Vec<u8> {
    /// Any page may read these answers.
    const OK: &str = "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\naccess-control-expose-headers: *\r\n\
                      content-type: text/plain\r\nconnection: close\r\n";
    let with = |headers: &[u8], body: &str| [OK.as_bytes(), headers, b"\r\n", body.as_bytes()].concat();
    if let Some(answer) = calibration::on_the_wire(path) {
        return answer;
    }
    match path {
        "/no-headers" => b"HTTP/1.0 200 OK\r\n\r\na body without headers\n".to_vec(),
        "/no-status" => b"HTTP/1.0 200\r\naccess-control-allow-origin: *\r\n\r\nno reason\n".to_vec(),
        "/http-0.9" => b"a body without even a status line\n".to_vec(),
        "/empty" | "/reset" => Vec::new(),
        "/head-only" => with(b"content-length: 5\r\n", ""),
        "/torn" => with(b"content-length: 1000\r\n", "the beginning"),
        "/bad-chunk" => with(b"transfer-encoding: chunked\r\n", "5\r\nright\r\nwrong\r\n"),
        "/early-hints" => {
            let hints = "HTTP/1.1 103 Early Hints\r\nlink: </pictures/lamp.svg>; rel=preload; as=image\r\n\r\n";
            [hints.as_bytes(), &with(b"", "after early hints\n")].concat()
        }
        "/control-characters" => with(b"x-controls: a\x01b\x1bc\td\x7fe\r\n", "controls in a header\n"),
        "/latin-1" => with(b"x-latin-1: gr\xfcezi \xa9 \xff\r\n", "Latin-1 in a header\n"),
        "/bad-utf-8" => [
            with(b"x-utf-8: gr\xc3\xbcezi \xc3\x28\r\n", "broken UTF-8: "),
            b"\xc3\x28 \xff\xfe \xed\xa0\x80\n".to_vec(),
        ]
        .concat(),
        "/bad-header" => with(b"no colon in this line\r\n: no name\r\nx-good: yes\r\n", "bad headers\n"),
        "/many-headers" => {
            let headers: Vec<String> = (0..500).map(|number| format!("x-header-{number}: {number}\r\n")).collect();
            with(headers.concat().as_bytes(), "500 headers\n")
        }
        "/large-header" => with(format!("x-large: {}\r\n", "h".repeat(LARGE)).as_bytes(), "a large header\n"),
        "/too-large-header" => with(format!("x-large: {}\r\n", "h".repeat(TOO_LARGE)).as_bytes(), "never seen\n"),
        // Whatever was asked, and however long the question was.
        _ => with(b"", &format!("{head} bytes of head\n")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::site::testing::{Client, TestSite};

    async fn ask(address: SocketAddr, request: &[u8]) -> Vec<u8> {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(request).await.unwrap();
        let mut got = Vec::new();
        connection.read_to_end(&mut got).await.unwrap();
        got
    }

    async fn started() -> (TestSite, SocketAddr) {
        let site = TestSite::start();
        let origin = Client::new(&site).get("/practice/recording/raw").await.body;
        let address = origin.strip_prefix("http://").unwrap().parse().unwrap();
        (site, address)
    }

    #[tokio::test]
    async fn an_answer_is_written_as_it_stands() {
        let (_site, address) = started().await;
        let got = ask(address, b"GET /no-headers HTTP/1.1\r\nhost: practice\r\n\r\n").await;
        assert_eq!(got, b"HTTP/1.0 200 OK\r\n\r\na body without headers\n");
        assert!(ask(address, b"GET /empty HTTP/1.1\r\n\r\n").await.is_empty());
        let got = ask(address, b"GET /early-hints HTTP/1.1\r\n\r\n").await;
        assert!(got.starts_with(b"HTTP/1.1 103 Early Hints\r\n"));
        let preflight = ask(address, b"OPTIONS / HTTP/1.1\r\n\r\n").await;
        assert!(preflight.starts_with(b"HTTP/1.1 204"));
    }

    #[tokio::test]
    async fn a_reset_is_one() {
        let (_site, address) = started().await;
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(b"GET /reset HTTP/1.1\r\n\r\n").await.unwrap();
        let error = connection.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn a_url_of_a_megabyte_is_answered() {
        let (_site, address) = started().await;
        let request = format!("GET /long?{} HTTP/1.1\r\n\r\n", "u".repeat(1024 * 1024));
        let got = ask(address, request.as_bytes()).await;
        assert!(String::from_utf8(got).unwrap().ends_with(&format!("\r\n{} bytes of head\n", request.len())));
    }
}
