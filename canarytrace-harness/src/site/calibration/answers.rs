//! What the calibration pages ask for: answers of known size at known times, and a port where nobody answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::extract::Query;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpSocket;

use crate::site::session::Site;
use crate::site::wait::Wait;

/// How long the page `first-byte` is held back.
pub(super) const FIRST_BYTE: Duration = Duration::from_millis(300);

/// Size of the known text, bytes.
pub(super) const TEXT: u32 = LINES * 25;

const LINES: u32 = 2000;

/// The known text as `gzip -9n` made it.
static GZIP: &[u8] = include_bytes!("known.txt.gz");

/// Its size, bytes.
pub(super) const GZIP_BODY: u32 = 4895;

/// The head of the answer with the text as it is. Whoever asks from another origin may read everything, sizes included.
const PLAIN_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncache-control: no-store\r\n\
                          access-control-allow-origin: *\r\ntiming-allow-origin: *\r\n\
                          content-length: 50000\r\nconnection: close\r\n\r\n";

/// The head of the compressed one.
const GZIP_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncache-control: no-store\r\n\
                         access-control-allow-origin: *\r\ntiming-allow-origin: *\r\n\
                         content-encoding: gzip\r\ncontent-length: 4895\r\nconnection: close\r\n\r\n";

/// All bytes of the answer with the text as it is.
pub(super) const PLAIN_ANSWER: u32 = length(PLAIN_HEAD) + TEXT;

/// All bytes of the compressed one.
pub(super) const GZIP_ANSWER: u32 = length(GZIP_HEAD) + GZIP_BODY;

#[expect(clippy::cast_possible_truncation, reason = "heads are short")]
const fn length(head: &str) -> u32 {
    head.len() as u32
}

const WIDTH: usize = 200;
const HEIGHT: usize = 150;

/// The font of the page `late-font`, ours: a box for each letter.
static FONT: &[u8] = include_bytes!("late-font.ttf");

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/noise.bmp", get(async || file("image/bmp", noise()))).route("/late-font.ttf", get(late_font))
}

fn file(content_type: &'static str, content: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, content_type)], content).into_response()
}

async fn late_font(Query(wait): Query<Wait>) -> Response {
    tokio::time::sleep(wait.after(0)).await;
    file("font/ttf", FONT)
}

/// Waits as long as the page with this slug is held back.
pub(super) async fn wait_before(slug: &str) {
    if slug == "first-byte" {
        tokio::time::sleep(FIRST_BYTE).await;
    }
}

/// The whole answer to a path below `/calibration/`, which the page `bytes` asks for, as it is written to the socket.
pub(in crate::site) fn on_the_wire(path: &str) -> Option<Vec<u8>> {
    match path.strip_prefix("/calibration/")? {
        "plain" => Some([PLAIN_HEAD.as_bytes(), text().as_bytes()].concat()),
        "gzip" => Some([GZIP_HEAD.as_bytes(), GZIP].concat()),
        _ => None,
    }
}

fn text() -> String {
    let lines: Vec<String> = (0..LINES).map(|number| format!("line {number:04} of known text.\n")).collect();
    lines.concat()
}

/// An image that Chromium takes for a content: one with less than 0.05 bits a pixel is no largest contentful paint.
fn noise() -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or_default().to_le_bytes();
    let size = WIDTH * HEIGHT * 3;
    let mut image = Vec::with_capacity(54 + size);
    image.extend(b"BM");
    for field in [54 + size, 0, 54, 40, WIDTH, HEIGHT] {
        image.extend(number(field));
    }
    // One plane of 24 bits a pixel, not compressed; the rest may be 0.
    image.extend([1, 0, 24, 0]);
    image.extend([0; 24]);
    // xorshift32: the same each time.
    let mut state = 0x9e37_79b9_u32;
    image.extend((0..size).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    }));
    image
}

/// Where nobody listens: the port is ours, so that nobody else can take it.
pub(super) fn closed() -> Option<SocketAddr> {
    static CLOSED: LazyLock<Option<(TcpSocket, SocketAddr)>> = LazyLock::new(|| {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).ok()?;
        let address = socket.local_addr().ok()?;
        Some((socket, address))
    });
    CLOSED.as_ref().map(|(_, address)| *address)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_two_answers_have_the_sizes_that_they_are_said_to_have_and_the_same_text() {
        let site = TestSite::start();
        let page = Client::new(&site).get("/calibration/bytes").await.body;
        let raw = page.split_once(r#"data-raw="http://"#).unwrap().1.split_once('"').unwrap().0.to_owned();
        let ask = async |path: &str| {
            let mut connection = TcpStream::connect(&raw).await.unwrap();
            connection.write_all(format!("GET /calibration/{path} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
            let mut got = Vec::new();
            connection.read_to_end(&mut got).await.unwrap();
            let body = memchr::memmem::find(&got, b"\r\n\r\n").unwrap() + 4;
            (u32::try_from(got.len()).unwrap(), got.split_off(body))
        };
        let (length, plain) = ask("plain").await;
        assert_eq!((length, plain.len()), (PLAIN_ANSWER, TEXT as usize));
        let (length, packed) = ask("gzip").await;
        assert_eq!((length, packed.len()), (GZIP_ANSWER, GZIP_BODY as usize));
        #[cfg(feature = "elastic")]
        {
            use std::io::Read as _;

            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, plain);
        }
        for (head, size) in [(PLAIN_HEAD, TEXT), (GZIP_HEAD, GZIP_BODY)] {
            assert!(head.contains(&format!("\r\ncontent-length: {size}\r\n")), "{head}");
        }
    }

    #[tokio::test]
    async fn nobody_answers_at_the_closed_port_and_nobody_else_gets_it() {
        let address = closed().unwrap();
        let refused = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        let taken = std::net::TcpListener::bind(address).unwrap_err();
        assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
        let site = TestSite::start();
        let page = Client::new(&site).get("/calibration/refused").await.body;
        assert!(page.contains(&format!(r#"data-closed="http://{address}""#)), "{page}");
    }

    #[tokio::test]
    async fn the_first_byte_comes_when_the_page_was_held_back_and_not_before() {
        let site = TestSite::start();
        let before = std::time::Instant::now();
        assert_eq!(Client::new(&site).get("/calibration/first-byte").await.status, 200);
        assert!(before.elapsed() >= FIRST_BYTE, "a lower bound holds on any machine");
    }

    #[tokio::test]
    async fn the_image_is_noise_of_its_size_and_the_font_is_one() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let (_, image) = client.get_bytes("/calibration/noise.bmp").await;
        assert_eq!((image.len(), &image[..2]), (54 + WIDTH * HEIGHT * 3, &b"BM"[..]));
        let (_, font) = client.get_bytes("/calibration/late-font.ttf?after=0").await;
        assert_eq!(&font[..4], &[0, 1, 0, 0], "the version of a TrueType font");
    }
}
