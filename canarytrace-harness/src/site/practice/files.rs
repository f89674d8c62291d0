//! Upload and download.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use memchr::memmem;
use serde::Deserialize;

use super::{Practice, page};
use crate::site::faults;
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};
use crate::site::wait::Wait;

pub(super) static PAGES: &[Practice] = &[
    page!(
        "upload",
        "Upload",
        "File fields: one file, several, behind a styled label, and a form that sends them to the server.",
        "choosing files and sending them."
    ),
    page!(
        "download",
        "Download",
        "Files as attachments: at once, slowly, late, made by a script, large, and one that breaks.",
        "catching a download and looking into it."
    ),
];

/// Largest upload, in bytes, with what multipart adds to it.
const LARGEST_UPLOAD: usize = 8 * 1024 * 1024 + 16 * 1024;

/// Largest download of `/practice/download/large.txt`, in kB.
const MOST_KILOBYTES: usize = 100 * 1024;

/// What `/practice/download/report.csv` holds.
const REPORT: &str = "product,price\nlamp,39.00\nmug,14.50\n";

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/upload/receive", post(receive).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .route("/download/report.csv", get(async || attachment("report.csv", Body::from(REPORT))))
        .route("/download/slow.txt", get(slow))
        .route("/download/large.txt", get(large))
        .route("/download/broken.txt", get(broken))
}

fn attachment(name: &str, body: Body) -> Response {
    let kind = if name.to_ascii_lowercase().ends_with(".csv") { "text/csv" } else { "text/plain; charset=utf-8" };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store"), (CONTENT_DISPOSITION, &disposition)];
    (headers, body).into_response()
}

async fn slow(Query(wait): Query<Wait>) -> Response {
    let wait = wait.after(600);
    let first = stream::once(async { Ok::<_, std::convert::Infallible>("first half\n") });
    let second = stream::once(async move {
        tokio::time::sleep(wait).await;
        Ok("second half\n")
    });
    attachment("slow.txt", Body::from_stream(first.chain(second)))
}

#[derive(Debug, Deserialize)]
struct Large {
    kb: Option<usize>,
}

async fn large(session: Session, Query(large): Query<Large>) -> Response {
    const LINES: &str = "canarytrace text\n";
    let kilobytes = large.kb.unwrap_or(1024);
    if kilobytes > MOST_KILOBYTES {
        return faults::bad_value(session, &format!("At most {MOST_KILOBYTES} kB can be asked for."));
    }
    let kilobyte: Bytes = LINES.bytes().cycle().take(1024).collect();
    let chunks = stream::iter(std::iter::repeat_n(Ok::<_, std::convert::Infallible>(kilobyte), kilobytes));
    let mut response = attachment("large.txt", Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_LENGTH, (kilobytes * 1024).into());
    response
}

async fn broken() -> Response {
    // The pause lets the beginning leave before the connection is closed.
    let chunks = stream::iter([Ok("beginning\n"), Err("on purpose")]).then(async |chunk| {
        if chunk.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        chunk
    });
    let mut response = attachment("broken.txt", Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_LENGTH, 1000.into());
    response
}

/// A part of a form as a browser sends it (RFC 7578).
#[derive(Debug, PartialEq, Eq)]
struct Part {
    /// The name of its field.
    name: String,
    /// The file's name, for a file.
    file: Option<String>,
    content: Bytes,
}

/// The parts of a form; nothing when it is none.
fn parts(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = content_type.strip_prefix("multipart/form-data;")?.trim().strip_prefix("boundary=")?;
    let delimiter = format!("\r\n--{}", boundary.trim_matches('"'));
    // The first delimiter has no line break before it.
    let mut at = body.starts_with(&delimiter.as_bytes()[2..]).then_some(delimiter.len() - 2)?;
    let mut parts = Vec::new();
    while !body[at..].starts_with(b"--") {
        let head_end = at + memmem::find(&body[at..], b"\r\n\r\n")?;
        let end = head_end + memmem::find(&body[head_end..], delimiter.as_bytes())?;
        let head = String::from_utf8_lossy(&body[at..head_end]).into_owned();
        let parameter = |name: &str| {
            let value = head.split_once(&format!(" {name}=\""))?.1;
            Some(value.split_once('"')?.0.to_owned())
        };
        let content = if end >= head_end + 4 { body.slice(head_end + 4..end) } else { Bytes::new() };
        parts.push(Part { name: parameter("name")?, file: parameter("filename"), content });
        at = end + delimiter.len();
    }
    Some(parts)
}

async fn receive(session: Session, headers: HeaderMap, body: Bytes) -> Response {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(parts) = parts(content_type, &body) else {
        return faults::bad_value(session, "This address takes a form with files (multipart/form-data).");
    };
    let row = |part: &Part| {
        let size = part.content.len();
        match &part.file {
            Some(file) if file.is_empty() => html!(r#"<li data-test="received-none">No file was chosen.</li>"#),
            Some(file) => html!(r#"<li data-test="received-file">{file}, {size} bytes</li>"#, file, size),
            None => {
                let text = String::from_utf8_lossy(&part.content).into_owned();
                html!(r#"<li>{name}: <span data-test="received-{name}">{text}</span></li>"#, name = part.name, text)
            }
        }
    };
    let content = html!(
        r#"<h1>Received</h1>
<p class="lead">This is what the server got, <span data-test="received-bytes">{bytes}</span> bytes of files.</p>
<ul>{rows}</ul>
<p><a class="button" href="/practice/upload">Back</a></p>"#,
        bytes = parts.iter().filter(|part| part.file.is_some()).map(|part| part.content.len()).sum::<usize>(),
        rows = parts.iter().map(row).collect::<Markup>(),
    );
    session.page(Page::new("Received", "checking that files arrive whole.", content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_taken_apart() {
        let body = Bytes::from_static(
            b"--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--x\r\nContent-Disposition: form-data; \
              name=\"files\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n\x00\r\n\xff--\r\n\
              --x\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--x--\r\n",
        );
        let part = |name: &str, file: Option<&str>, content: &'static [u8]| Part {
            name: name.to_owned(),
            file: file.map(str::to_owned),
            content: Bytes::from_static(content),
        };
        assert_eq!(
            parts("multipart/form-data; boundary=x", &body),
            Some(vec![
                part("note", None, b"hello"),
                part("files", Some("a.bin"), b"\x00\r\n\xff--"),
                part("empty", None, b"")
            ])
        );
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (content_type, body) in [
            ("multipart/form-data; boundary=x", &b""[..]),
            ("multipart/form-data; boundary=x", b"--x"),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end"),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--"),
            ("multipart/form-data", b"--x--"),
            ("text/plain", b"--x--"),
        ] {
            assert_eq!(parts(content_type, &Bytes::from_static(body)), None, "{content_type} {body:?}");
        }
    }
}
