//! Listening and answering.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::task::JoinHandle;

use crate::record::Failure;
use crate::site::raw;
use crate::site::router::{SERVER_NAME, router};
use crate::site::session::Site;

/// How long something else on our port has to say what it is.
const PATIENCE: Duration = Duration::from_millis(500);

/// Serves the practice site on `listener` for as long as the future is polled.
///
/// # Errors
///
/// When the listener can't be used with tokio; a connection that fails ends alone.
pub async fn serve(listener: TcpListener) -> Result<(), Failure> {
    serve_site(listener, Site::new()).await
}

/// Serves this site on `listener`.
pub(super) async fn serve_site(listener: TcpListener, site: Site) -> Result<(), Failure> {
    let unusable = |error| Failure::harness(format!("the practice shop can't use its listening socket: {error}"));
    listener.set_nonblocking(true).map_err(unusable)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let raw = tokio::net::TcpListener::bind((address.ip(), 0)).await.map_err(unusable)?;
    // A site is served once; if it were twice, the first listener would do for both.
    let _ = site.raw.set(raw.local_addr().map_err(unusable)?);
    let serving = tokio::spawn(raw::serve(raw));
    let _ends_with_this = AbortOnDrop(serving);
    // Small answers leave at once: a wait for more (Nagle) would be in the page's figures.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    axum::serve(listener, router(site)).await.map_err(unusable)
}

/// Ends a task of ours with what it belongs to.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Serves the practice site on `address` in the foreground, for people. Calls `listening` with the address that it
/// listens on, which tells the port when port 0 (any free one) was asked for, and returns only when that is impossible.
///
/// # Errors
///
/// When the address can't be used: who uses it instead, and how to choose another.
pub fn serve_forever(address: SocketAddr, listening: impl FnOnce(SocketAddr)) -> Result<(), Failure> {
    let listener = bind(address)?;
    let actual = listener
        .local_addr()
        .map_err(|error| Failure::harness(format!("the practice shop doesn't know its own address: {error}")))?;
    // One thread is plenty for one browser, and leaves the other cores to it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::harness(format!("the practice shop can't start its runtime: {error}")))?;
    runtime.block_on(async {
        listening(actual);
        serve(listener).await
    })
}

/// Listens on `address`.
fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let port = address.port();
        let reason = match error.kind() {
            ErrorKind::AddrInUse => format!("port {port} is in use; {}", who_answers(address)),
            _ => format!("{address}: {error}"),
        };
        Failure::harness(format!(
            "the practice shop can't listen on {address}: {reason}. Choose another port with CANARYTRACE_SITE_PORT \
             (0 takes any free one), or end what uses port {port}."
        ))
    })
}

/// What it is that has taken our place.
fn who_answers(address: SocketAddr) -> &'static str {
    let Ok(mut connection) = TcpStream::connect_timeout(&address, PATIENCE) else {
        return "nothing answers there";
    };
    let mut beginning = [0; 512];
    let asked = connection
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| connection.set_write_timeout(Some(PATIENCE)))
        .and_then(|()| connection.write_all(b"HEAD / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
        .and_then(|()| connection.read(&mut beginning));
    let beginning = String::from_utf8_lossy(&beginning[..asked.unwrap_or(0)]).into_owned();
    if beginning.contains(SERVER_NAME) {
        "another practice shop answers there"
    } else if beginning.starts_with("HTTP/") {
        "another web server answers there"
    } else {
        "something answers there that is no web server, or a busy one"
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::record::{FailureKind, Fault};
    use crate::site::testing::TestSite;

    #[tokio::test]
    async fn a_port_in_use_is_named_with_who_uses_it_and_what_to_do() {
        let site = TestSite::start();
        let address = site.address;
        let failure = tokio::task::spawn_blocking(move || bind(address)).await.unwrap().unwrap_err();
        assert_eq!((failure.kind, failure.fault), (FailureKind::Harness, Fault::Harness));
        for part in [
            &format!("port {} is in use", site.address.port()),
            "another practice shop answers there",
            "CANARYTRACE_SITE_PORT",
            "0 takes any free one",
        ] {
            assert!(failure.message.contains(part), "{part} is in {failure}");
        }
    }

    #[test]
    fn a_program_that_says_nothing_is_told_from_a_web_server() {
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let failure = bind(silent.local_addr().unwrap()).unwrap_err();
        assert!(failure.message.contains("that is no web server, or a busy one"), "{failure}");

        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = other.local_addr().unwrap();
        let answering = std::thread::spawn(move || {
            let mut connection = other.accept().unwrap().0;
            let mut asked = [0; 512];
            let _ = connection.read(&mut asked).unwrap();
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        });
        // The listener lives in the thread until it has answered.
        let failure = bind(address).unwrap_err();
        assert!(failure.message.contains("another web server answers there"), "{failure}");
        answering.join().unwrap();
    }

    #[test]
    fn an_address_that_is_not_ours_is_an_error_with_its_reason() {
        // TEST-NET-1 of RFC 5737 is on no machine.
        let failure = bind("192.0.2.1:0".parse().unwrap()).unwrap_err();
        assert!(failure.message.contains("192.0.2.1:0") && failure.message.contains("CANARYTRACE_SITE_PORT"));
    }
}
