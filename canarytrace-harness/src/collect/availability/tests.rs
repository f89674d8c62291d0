//! Against real servers on localhost.

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::http::client_config;

/// Long enough for the slowest machine; only what is meant to take for ever meets a shorter one.
const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(300);

/// Runs a test on a runtime of its own.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(request).unwrap()
}

/// A server that answers each request with what `answer` makes of it; gives its address.
async fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            let _ = stream.write_all(answer(&request).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
}

fn empty_trust() -> Arc<ClientConfig> {
    client_config(RootCertStore::empty()).unwrap()
}

async fn asked(url: &Url, timeout: Duration) -> Availability {
    measure_with(url, timeout, empty_trust()).await
}

fn failed(result: &Availability) -> (&'static str, Fault, &str) {
    assert!(!result.available, "{result:?}");
    (result.err_phase.unwrap(), result.fault.unwrap(), result.err_message.as_deref().unwrap())
}

fn assert_in_order(result: &Availability, times: &[Option<f64>]) {
    let times: Vec<f64> = times.iter().map(|time| time.unwrap_or_else(|| panic!("{result:?}"))).collect();
    assert!(times.is_sorted() && times[0] >= 0.0, "{result:?}");
}

#[test]
fn every_phase_of_a_plain_request_is_timed() {
    run(async {
        let url = serve(|_| ok("hello")).await;
        let result = asked(&url, LONG).await;
        assert!(result.available && result.err_message.is_none() && result.fault.is_none(), "{result:?}");
        assert_eq!((result.status, result.redirects, result.app_connect), (Some(200), 0, None));
        assert_eq!(result.remote_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(result.remote_port, url.port());
        assert_eq!((result.url.as_str(), result.response_url.as_deref()), (url.as_str(), Some(url.as_str())));
        let Availability { name_lookup, connect, pre_transfer, start_transfer, total, .. } = result;
        assert_in_order(&result, &[name_lookup, connect, pre_transfer, start_transfer, total]);
    });
}

#[test]
fn a_request_names_host_path_and_credentials_and_shows_none_of_them() {
    run(async {
        let (sender, mut requests) = tokio::sync::mpsc::unbounded_channel();
        let mut url = serve(move |request| {
            sender.send(request.to_owned()).unwrap();
            ok("")
        })
        .await;
        url.set_username("jane").unwrap();
        url.set_password(Some("hunter 2")).unwrap();
        url.set_path("/a b");
        url.set_query(Some("token=hunter2&q=1"));
        let result = asked(&url, LONG).await;
        assert!(!format!("{result:?}").contains("hunter"), "{result:?}");
        let request = requests.recv().await.unwrap();
        assert!(request.starts_with("GET /a%20b?token=hunter2&q=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("host: 127.0.0.1:{}\r\n", url.port().unwrap())), "{request}");
        assert!(request.contains("authorization: Basic amFuZTpodW50ZXIgMg==\r\n"), "{request}");
    });
}

#[test]
fn redirects_are_followed_and_their_time_is_told() {
    run(async {
        let url = serve(|request| match request.split(' ').nth(1).unwrap() {
            "/" => redirect("/two?x=1#part"),
            "/two?x=1" => redirect("//127.0.0.1:9/nowhere").replace("//127.0.0.1:9/nowhere", "three"),
            _ => ok("there"),
        })
        .await;
        let result = asked(&url, LONG).await;
        assert!(result.available, "{result:?}");
        assert_eq!(result.redirects, 2);
        assert_eq!(result.response_url.as_deref(), Some(url.join("/three").unwrap().as_str()));
        assert_in_order(&result, &[result.redirect, result.name_lookup, result.connect, result.total]);
    });
}

#[test]
fn a_redirect_loop_ends_and_is_named() {
    run(async {
        let url = serve(|_| redirect("/again")).await;
        let result = asked(&url, LONG).await;
        let (phase, fault, message) = failed(&result);
        assert_eq!((phase, fault, result.redirects), ("http", Fault::Application, MOST_REDIRECTS));
        assert!(message.contains("redirect loop") && message.contains("/again"), "{message}");

        let endless = serve(|request| {
            let path = request.split(' ').nth(1).unwrap();
            redirect(&format!("{path}x"))
        })
        .await;
        let result = asked(&endless, LONG).await;
        assert!(failed(&result).2.contains("more than 10 redirects"), "{result:?}");
    });
}

#[test]
fn a_redirect_to_something_else_than_http_is_an_error() {
    run(async {
        let url = serve(|_| redirect("ftp://jane:hunter2@host/")).await;
        let result = asked(&url, LONG).await;
        assert!(failed(&result).2.contains("no http or https URL"), "{result:?}");
        assert!(!format!("{result:?}").contains("hunter2"), "{result:?}");
    });
}

#[test]
fn a_status_of_500_is_the_application_s_fault_and_404_is_an_answer() {
    run(async {
        let url = serve(|_| "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
        let result = asked(&url, LONG).await;
        assert_eq!(failed(&result), ("http", Fault::Application, "the target answered with status 503"));
        assert_eq!(result.status, Some(503));
        let url = serve(|_| "HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
        assert!(asked(&url, LONG).await.available);
    });
}

#[test]
fn what_is_no_http_or_ends_early_is_an_error() {
    run(async {
        for answer in ["", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
            let url = serve(move |_| answer.to_owned()).await;
            let result = asked(&url, LONG).await;
            let (phase, fault, _) = failed(&result);
            assert_eq!((phase, fault, result.total), ("http", Fault::Application, None), "{answer:?}");
        }
    });
}

#[test]
fn a_refused_connection_is_the_application_s_fault() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        let result = asked(&url, LONG).await;
        assert_eq!((failed(&result).0, failed(&result).1), ("connect", Fault::Application));
        assert!(result.name_lookup.is_some() && result.connect.is_none());
    });
}

#[test]
fn a_server_that_never_answers_or_never_ends_is_given_up() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let result = asked(&url, SHORT).await;
        assert_eq!(failed(&result), ("timeout", Fault::Application, "no answer came within 300ms"));
        assert!(result.connect.is_some() && result.start_transfer.is_none());

        tokio::spawn(async move {
            let (_unanswered, _) = listener.accept().await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            // Until the client gives up.
            while stream.write_all(b"more").await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
        let result = asked(&url, SHORT).await;
        assert_eq!(failed(&result), ("timeout", Fault::Application, "the answer did not end within 300ms"));
        assert!(result.start_transfer.is_some() && result.total.is_none() && result.status == Some(200));
    });
}

#[test]
fn a_connection_that_is_never_accepted_is_the_network_s_fault() {
    run(async {
        // The kernel leaves further connections unanswered once its queue for this socket is full.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
            queued.push(stream.unwrap());
        }
        let result = asked(&Url::parse(&format!("http://{address}/")).unwrap(), SHORT).await;
        assert_eq!(failed(&result), ("connect", Fault::Network, "no connection was made within 300ms"));
    });
}

#[test]
fn a_name_that_does_not_exist_is_the_network_s_fault() {
    run(async {
        // RFC 6761: .invalid never resolves.
        let result = asked(&Url::parse("http://shop.invalid/").unwrap(), LONG).await;
        let (phase, fault, message) = failed(&result);
        assert_eq!((phase, fault), ("dns", Fault::Network));
        assert!(message.contains("shop.invalid") || message.contains("within"), "{message}");
        assert!(result.name_lookup.is_none());
    });
}

/// A server with a certificate of its own making.
async fn serve_tls(change: impl FnOnce(&mut CertificateParams)) -> (Url, CertificateDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    change(&mut params);
    let certificate: CertificateDer<'static> = params.self_signed(&key).unwrap().into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port())).unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut stream) = acceptor.accept(stream).await {
                read_request(&mut stream).await;
                let _ = stream.write_all(ok("secret").as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (url, certificate)
}

fn trusting(certificate: CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    client_config(roots).unwrap()
}

#[test]
fn tls_is_timed_when_the_certificate_is_trusted() {
    run(async {
        let (url, certificate) = serve_tls(|_| {}).await;
        let result = measure_with(&url, LONG, trusting(certificate)).await;
        assert!(result.available, "{result:?}");
        let Availability { connect, app_connect, pre_transfer, start_transfer, total, .. } = result;
        assert_in_order(&result, &[connect, app_connect, pre_transfer, start_transfer, total]);
    });
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    run(async {
        let (url, _) = serve_tls(|_| {}).await;
        // With what the system trusts, or the reason why there is nothing: never through.
        let results = [measure(&url, LONG).await, asked(&url, LONG).await];
        for result in &results {
            assert_eq!(failed(result).0, "tls", "{result:?}");
            assert!(result.status.is_none());
        }
        assert_eq!(failed(&results[1]).1, Fault::Application);
        assert!(failed(&results[1]).2.contains("UnknownIssuer"), "{results:?}");
    });
}

#[test]
fn an_expired_certificate_is_refused() {
    run(async {
        let (url, certificate) = serve_tls(|params| params.not_after = rcgen::date_time_ymd(2001, 1, 1)).await;
        let result = measure_with(&url, LONG, trusting(certificate)).await;
        let (phase, fault, message) = failed(&result);
        assert_eq!((phase, fault), ("tls", Fault::Application));
        assert!(message.contains("expired"), "{message}");
        assert!(result.connect.is_some() && result.app_connect.is_none());
    });
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    run(async {
        let (mut url, certificate) = serve_tls(|params| {
            *params = CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
        })
        .await;
        url.set_host(Some("localhost")).unwrap();
        let result = measure_with(&url, LONG, trusting(certificate)).await;
        assert!(failed(&result).2.contains("not valid for name"), "{result:?}");
    });
}
