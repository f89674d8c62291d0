//! One request and its answer over a connection that stands.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::clock::{Clock, Doing};
use super::fetch::Trace;
use super::trouble::Trouble;

/// What a server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or its beginning when it is larger than what was to be kept.
    pub(crate) body: Vec<u8>,
    /// Size of the whole body in bytes, as it was sent (without chunks' frames).
    pub(crate) body_size: u64,
}

/// Sends the request and reads the answer to its end; keeps at most `keep` bytes of the body.
pub(super) async fn exchange<S>(
    request: Request<Full<Bytes>>,
    stream: S,
    keep: usize,
    clock: &Clock,
    trace: &mut Trace,
) -> Result<Answer, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let first_byte = Arc::new(OnceLock::new());
    let stream = FirstByte { stream, seen: Arc::clone(&first_byte) };
    let broken = |error: hyper::Error| Trouble::http(format!("no whole answer of HTTP came: {}", causes(&error)));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Dropped with the request, and the connection with it.
    let mut connections = JoinSet::new();
    connections.spawn(connection);

    trace.pre_transfer = Some(clock.ms());
    let answer = clock.limit(Doing::Waiting, sender.send_request(request)).await;
    trace.start_transfer = first_byte.get().map(|moment| clock.ms_of(*moment));
    let answer = answer?.map_err(broken)?;
    trace.status = Some(answer.status().as_u16());

    let (head, mut rest) = answer.into_parts();
    let (mut body, mut body_size) = (Vec::new(), 0);
    while let Some(frame) = clock.limit(Doing::Reading, rest.frame()).await? {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            body_size += data.len() as u64;
            body.extend_from_slice(&data[..data.len().min(keep - body.len())]);
        }
    }
    trace.total = Some(clock.ms());
    Ok(Answer { status: head.status, headers: head.headers, body, body_size })
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A stream that notes when the first byte came out of it.
struct FirstByte<S> {
    stream: S,
    seen: Arc<OnceLock<Instant>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstByte<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.seen.get_or_init(Instant::now);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstByte<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
