//! The client of a cluster: on the wire against servers that answer as a test says, and against both real products.

use std::io::Read as _;
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use canarytrace::config::Config;
use canarytrace::elastic::{Client, Dialect, Method, Product, Reply, Request, Settings, Trouble, TroubleKind};
use canarytrace::record::Redactor;
use canarytrace_tests::canned::{Answer, Asked, Authority, Canned};
use canarytrace_tests::elastic;
use serde_json::{Value, json};
use tokio::net::TcpSocket;

const ELASTICSEARCH: (&str, &str) = ("X-elastic-product", "Elasticsearch");
const OPENSEARCH: (&str, &str) = ("X-OpenSearch-Version", "OpenSearch/3.8.0 (opensearch)");
const NO_HEADERS: &[(&str, &str)] = &[];

fn settings(env: &[(&str, &str)]) -> Settings {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::from_parts(env, None).expect("the options are right");
    Settings::of(&config).expect("the certificates can be read").expect("a cluster is named")
}

fn client(env: &[(&str, &str)]) -> Client {
    Client::new(&settings(env)).expect("a client")
}

fn to(url: &str) -> Client {
    client(&[("ELASTIC_CLUSTER", url)])
}

async fn get(client: &Client) -> Result<Reply, Trouble> {
    client.send(Request::new(Method::Get, "/_some/path")).await
}

async fn trouble(client: &Client) -> Trouble {
    get(client).await.expect_err("no reply")
}

fn fine(_: &Asked) -> Answer {
    Answer::json(200, NO_HEADERS, "{}")
}

/// An address that refuses connections until somebody listens there.
fn refused() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let url = format!("http://{}/", socket.local_addr().expect("it is bound"));
    (socket, url)
}

fn unzipped(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).expect("it is gzip");
    plain
}

fn ca_file(pem: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), pem).expect("it can be written");
    file
}

// What is sent

#[tokio::test]
async fn credentials_stand_in_the_header_and_nothing_of_ours_elsewhere() {
    let node = Canned::serve(fine);
    let at = format!("http://jane:p%40ss@127.0.0.1:{}/es", node.port());
    let sent = |client: Client| async move { get(&client).await.expect("a reply") };
    sent(to(&at)).await;
    sent(client(&[("ELASTIC_CLUSTER", &node.url()), ("ELASTIC_HTTP_AUTH", "jane:p@ss")])).await;
    sent(client(&[("ELASTIC_CLUSTER", &node.url()), ("CANARYTRACE_ELASTIC_API_KEY", "id:key")])).await;
    sent(to(&node.url())).await;
    let asked = node.asked();
    let lines: Vec<&str> = asked.iter().map(|asked| asked.line.as_str()).collect();
    let path = "GET /_some/path HTTP/1.1";
    assert_eq!(lines, ["GET /es/_some/path HTTP/1.1", path, path, path]);
    let auths: Vec<&str> = asked.iter().map(|asked| asked.header("authorization")).collect();
    assert_eq!(auths, ["Basic amFuZTpwQHNz", "Basic amFuZTpwQHNz", "ApiKey aWQ6a2V5", ""]);
    assert!(asked[0].header("user-agent").starts_with("canarytrace/"), "{asked:?}");
    assert_eq!((asked[0].header("accept"), asked[0].header("x-elastic-client-meta")), ("application/json", ""));
}

#[tokio::test]
async fn a_cloud_id_leads_to_its_elasticsearch_over_tls() {
    let authority = Authority::new("ours");
    let node = Canned::serve_tls(&authority.sign("127.0.0.1", 2100), fine);
    let ca = ca_file(&authority.pem());
    // 0.0.1:PORT$127 in base64: the deployment `127` of the domain `0.0.1`.
    let data = data_encoding::BASE64.encode(format!("0.0.1:{}$127$", node.port()).as_bytes());
    let client = client(&[
        ("CANARYTRACE_ELASTIC_CLOUD_ID", &format!("shop:{data}")),
        ("CANARYTRACE_ELASTIC_API_KEY", "id:key"),
        ("CANARYTRACE_ELASTIC_CA", ca.path().to_str().expect("text")),
    ]);
    let reply = get(&client).await.expect("a reply");
    assert_eq!(reply.node, node.url());
    assert_eq!(node.asked()[0].header("authorization"), "ApiKey aWQ6a2V5");
}

#[tokio::test]
async fn bodies_are_compressed_on_the_wire_unless_it_is_switched_off() {
    let node = Canned::serve(fine);
    let line = format!("{}\n", json!({ "url": "https://shop.example/products/7", "status": 200, "took": 17.5 }));
    let body = line.repeat(2000);
    let request = || Request::new(Method::Post, "/_bulk").query("refresh", "a b").ndjson(body.clone());
    let on = to(&node.url());
    on.send(request()).await.expect("a reply");
    let off = client(&[("ELASTIC_CLUSTER", &node.url()), ("ELASTIC_REQUEST_COMPRESSION", "no")]);
    off.send(request()).await.expect("a reply");
    on.send(Request::new(Method::Put, "/x").json(&json!({ "small": true }))).await.expect("a reply");

    let asked = node.asked();
    assert_eq!(asked[0].line, "POST /_bulk?refresh=a+b HTTP/1.1");
    assert_eq!(asked[0].header("content-encoding"), "gzip");
    assert_eq!(asked[0].header("content-type"), "application/x-ndjson");
    assert_eq!(unzipped(&asked[0].body), body.as_bytes());
    assert!(asked[0].body.len() * 4 < body.len(), "{} of {}", asked[0].body.len(), body.len());
    assert_eq!((asked[1].header("content-encoding"), asked[1].body.len()), ("", body.len()));
    assert_eq!((asked[2].header("content-encoding"), &asked[2].body[..]), ("", &b"{\"small\":true}"[..]));
    let traffic = on.traffic();
    assert_eq!((traffic.requests, traffic.raw), (2, body.len() as u64 + 14));
    assert_eq!(traffic.sent, asked[0].body.len() as u64 + 14);
    assert_eq!((off.traffic().sent, off.traffic().received), (body.len() as u64, 2));
}

#[tokio::test]
async fn a_proxy_is_used_when_it_is_asked_for() {
    let proxy = Canned::serve(fine);
    let through = format!("http://joe:pr%3Axy@127.0.0.1:{}", proxy.port());
    let client = client(&[("ELASTIC_CLUSTER", "http://es.invalid:9200"), ("CANARYTRACE_ELASTIC_PROXY", &through)]);
    get(&client).await.expect("a reply");
    let asked = &proxy.asked()[0];
    assert_eq!(asked.line, "GET http://es.invalid:9200/_some/path HTTP/1.1");
    assert_eq!(asked.header("proxy-authorization"), "Basic am9lOnByOnh5");

    let (_socket, dead) = refused();
    let through_nobody = self::client(&[("ELASTIC_CLUSTER", &proxy.url()), ("CANARYTRACE_ELASTIC_PROXY", &dead)]);
    let trouble = trouble(&through_nobody).await;
    assert_eq!(trouble.kind, TroubleKind::Connect);
    assert!(trouble.message.contains("CANARYTRACE_ELASTIC_PROXY"), "{trouble}");
}

#[test]
fn the_systems_proxy_is_never_used() {
    let (proxy, node) = (Canned::serve(fine), Canned::serve(fine));
    let mut child = Command::new(std::env::current_exe().expect("this test's executable"));
    child.args(["--exact", "a_request_of_a_child_process", "--ignored"]).env("CANARYTRACE_TEST_NODE", node.url());
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, proxy.url());
    }
    let output = child.output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((proxy.asked().len(), node.asked().len()), (0, 1));
}

#[tokio::test]
#[ignore = "a part of the_systems_proxy_is_never_used, which starts it with a proxy in its environment"]
async fn a_request_of_a_child_process() {
    let node = std::env::var("CANARYTRACE_TEST_NODE").expect("the node's address");
    get(&to(&node)).await.expect("a reply");
}

// What goes wrong

#[tokio::test]
async fn an_unknown_name_and_a_port_nobody_listens_at_are_told_apart() {
    let unknown = trouble(&to("http://no-such-node.invalid:9200")).await;
    assert_eq!(unknown.kind, TroubleKind::Name, "{unknown}");
    assert!(unknown.to_string().starts_with("http://no-such-node.invalid:9200/: the name no-such-node.invalid is not"));
    let (_socket, url) = refused();
    let refused = trouble(&to(&url)).await;
    assert_eq!(refused.kind, TroubleKind::Connect, "{refused}");
    assert!(refused.message.starts_with("nobody listens at 127.0.0.1:"), "{refused}");
    assert!(refused.message.contains("ELASTIC_CLUSTER"), "{refused}");
    assert!(!unknown.may_be_done() && !refused.may_be_done());
}

#[tokio::test]
async fn certificates_are_verified_against_the_file_and_what_is_wrong_is_said() {
    let (authority, other, namesake) = (Authority::new("ours"), Authority::new("other"), Authority::new("ours"));
    let good = Canned::serve_tls(&authority.sign("127.0.0.1", 2100), fine);
    let expired = Canned::serve_tls(&authority.sign("127.0.0.1", 2001), fine);
    let misnamed = Canned::serve_tls(&authority.sign("es.example", 2100), fine);
    // Two certificates in the file, of which the second is the right one.
    let ca = ca_file(&format!("{}{}", other.pem(), authority.pem()));
    let (wrong_ca, old_ca) = (ca_file(&other.pem()), ca_file(&namesake.pem()));
    let with = |url: &str, ca: &tempfile::NamedTempFile| {
        let ca = ca.path().to_str().expect("text").to_owned();
        client(&[("ELASTIC_CLUSTER", url), ("CANARYTRACE_ELASTIC_CA", &ca)])
    };
    assert!(get(&with(&good.url(), &ca)).await.expect("a reply").is_success());
    for (client, words) in [
        (to(&good.url()), "signed by nobody who is trusted, not by the system: name a file"),
        (with(&good.url(), &wrong_ca), "neither by the system nor by the file in CANARYTRACE_ELASTIC_CA"),
        (with(&good.url(), &old_ca), "is the file in CANARYTRACE_ELASTIC_CA that of another cluster"),
        (with(&expired.url(), &ca), "its certificate expired on 2001-01-01: it has to be renewed"),
        (with(&misnamed.url(), &ca), "not for 127.0.0.1: name the node in ELASTIC_CLUSTER as it does"),
    ] {
        let trouble = trouble(&client).await;
        assert!(trouble.kind == TroubleKind::Tls && trouble.message.contains(words), "{trouble}");
        assert!(!trouble.may_be_done());
    }
    assert_eq!(good.asked().len(), 1, "nothing is sent to whom we don't trust");
}

#[tokio::test]
async fn http_where_https_is_meant_and_the_other_way_round_is_said() {
    let plain = Canned::serve(fine);
    let no_tls = trouble(&to(&plain.url().replace("http:", "https:"))).await;
    assert_eq!(no_tls.kind, TroubleKind::Tls, "{no_tls}");
    let authority = Authority::new("ours");
    let secure = Canned::serve_tls(&authority.sign("127.0.0.1", 2100), fine);
    let no_http = trouble(&to(&secure.url().replace("https:", "http:"))).await;
    assert!(no_http.message.contains("https://"), "{no_http}");
}

#[tokio::test]
async fn a_reply_of_a_byte_now_and_then_is_cut_off_by_the_timeout() {
    let node = Canned::serve(|_| Answer::Drip(Duration::from_secs(1)));
    let slow = trouble(&client(&[("ELASTIC_CLUSTER", &node.url()), ("ELASTIC_TIMEOUT", "300")])).await;
    assert_eq!(slow.kind, TroubleKind::Timeout, "{slow}");
    assert!(slow.message.contains("300ms") && slow.may_be_done(), "{slow}");
    let request = Request::new(Method::Get, "/").timeout(Duration::from_millis(100));
    let own = to(&node.url()).send(request).await.expect_err("no reply");
    assert!(own.kind == TroubleKind::Timeout && own.message.contains("100ms"), "{own}");
}

#[tokio::test]
async fn replies_that_are_none_are_told_apart() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: ";
    let gzip = "content-encoding: gzip\r\n\r\n";
    let raw = |text: String| move |_: &Asked| Answer::Raw(text.clone().into_bytes());
    let of = |text: String| Canned::serve(raw(text));
    let whole = {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut zip, b"{\"took\": 1, \"errors\": false}").expect("memory");
        zip.finish().expect("memory")
    };
    let half = whole[..whole.len() / 2].to_vec();
    for (node, kind, words) in [
        (of(format!("{head}100\r\n\r\n{{\"took\"")), TroubleKind::Cut, "the connection ended"),
        (Canned::serve(|_| Answer::Cut), TroubleKind::Cut, "the connection ended"),
        (of("HTTP/1.1 200 OK\r\ncontent-le".to_owned()), TroubleKind::Cut, "the connection ended"),
        (of("SSH-2.0-OpenSSH_9.2\r\n".to_owned()), TroubleKind::Reply, "the reply is no HTTP"),
        (of(format!("{head}9\r\n{gzip}not gzip!")), TroubleKind::Reply, "not compressed as it says"),
        (
            Canned::serve(move |_| Answer::Whole(200, vec![("content-encoding", "gzip".to_owned())], half.clone())),
            TroubleKind::Reply,
            "not compressed as it says",
        ),
        (of(format!("{head}100000000\r\n\r\n")), TroubleKind::Reply, "has 100000000 bytes, at most 67108864"),
    ] {
        let trouble = trouble(&to(&node.url())).await;
        assert!(trouble.kind == kind && trouble.message.contains(words), "{words}: {:?} {trouble}", trouble.kind);
        assert!(trouble.may_be_done());
    }
    let zipped =
        Canned::serve(move |_| Answer::Whole(200, vec![("content-encoding", "gzip".to_owned())], whole.clone()));
    let reply = get(&to(&zipped.url())).await.expect("a reply");
    assert_eq!(reply.json::<Value>().expect("JSON"), json!({ "took": 1, "errors": false }));
}

#[tokio::test]
async fn a_redirect_is_no_reply() {
    let target = Canned::serve(fine);
    let location = format!("{}login", target.url());
    let node = Canned::serve(move |_| Answer::Whole(302, vec![("location", location.clone())], Vec::new()));
    let request = Request::new(Method::Post, "/_bulk").ndjson("{}\n");
    let trouble = to(&node.url()).send(request).await.expect_err("no reply");
    assert_eq!(trouble.kind, TroubleKind::Reply);
    assert!(trouble.message.contains(&format!("redirects to {}login", target.url())), "{trouble}");
}

#[tokio::test]
async fn a_refusal_is_a_reply_with_the_reason_and_what_to_do() {
    let body = r#"{"error":{"type":"security_exception","reason":"unable to authenticate user [jane]"},"status":401}"#;
    let node = Canned::serve(move |_| Answer::json(401, &[ELASTICSEARCH], body));
    let problem = get(&to(&node.url())).await.expect("a reply").problem().expect("a refusal");
    let expected = format!(
        "{} answers 401: security_exception: unable to authenticate user [jane]; check ELASTIC_HTTP_AUTH or \
         CANARYTRACE_ELASTIC_API_KEY",
        node.url()
    );
    assert_eq!(problem, expected);
    let proxy = Canned::serve(|_| Answer::Whole(502, Vec::new(), b"<h1>Bad\n gateway</h1>".to_vec()));
    let problem = get(&to(&proxy.url())).await.expect("a reply").problem().expect("a refusal");
    assert!(problem.contains("502: <h1>Bad gateway</h1>; that is a proxy"), "{problem}");
}

// Several nodes

#[tokio::test]
async fn a_dead_node_costs_no_request_and_is_asked_again_when_it_is_back() {
    let alive = Canned::serve(fine);
    let (socket, dead) = refused();
    let client = to(&format!("{dead},{}", alive.url()));
    for _ in 0..10 {
        assert_eq!(get(&client).await.expect("a reply").node, alive.url());
    }
    assert_eq!(alive.asked().len(), 10);
    let listener = socket.listen(16).expect("it listens").into_std().expect("a listener");
    listener.set_nonblocking(false).expect("it blocks");
    let back = Canned::serve_on(listener, None, fine);
    while back.asked().is_empty() {
        get(&client).await.expect("a reply");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = (alive.asked().len(), back.asked().len());
    for _ in 0..10 {
        get(&client).await.expect("a reply");
    }
    assert_eq!((alive.asked().len() - before.0, back.asked().len() - before.1), (5, 5));
}

#[tokio::test]
async fn a_request_that_a_node_may_have_done_is_not_sent_to_another() {
    let dying = Canned::serve(|_| Answer::Cut);
    let alive = Canned::serve(fine);
    let client = to(&format!("{},{}", dying.url(), alive.url()));
    assert_eq!(trouble(&client).await.kind, TroubleKind::Cut);
    assert!(alive.asked().is_empty());
    assert_eq!(get(&client).await.expect("a reply").node, alive.url());
}

#[tokio::test]
async fn when_all_nodes_are_dead_each_is_named() {
    let ((_a, first), (_b, second)) = (refused(), refused());
    let trouble = trouble(&to(&format!("{first},{second}"))).await;
    assert_eq!(trouble.kind, TroubleKind::Connect);
    let text = trouble.to_string();
    assert!(text.contains(&first) && text.contains(&second), "{text}");
    assert_eq!(self::trouble(&to(&format!("{first},{second}"))).await.kind, TroubleKind::Connect);
}

#[tokio::test]
async fn a_proxy_that_can_not_reach_its_node_is_left_out_and_a_cluster_that_is_busy_is_not() {
    let unavailable = |headers: &'static [(&'static str, &'static str)]| {
        Canned::serve(move |_| Answer::json(503, headers, r#"{"error":"unavailable"}"#))
    };
    let (gateway, busy, well) = (unavailable(NO_HEADERS), unavailable(&[ELASTICSEARCH]), Canned::serve(fine));
    let client = to(&[gateway.url(), busy.url(), well.url()].join(","));
    // Each pause is random and can be short: what counts is that the gateway is asked less than the others.
    for _ in 0..60 {
        get(&client).await.expect("a reply");
    }
    let asked = [&gateway, &busy, &well].map(|node| node.asked().len());
    assert!(asked[0] < asked[1] && asked[0] < asked[2], "{asked:?}");
}

// Which product

/// A cluster that answers `_nodes/_local`, `/` and `_bulk` like this, and how often it was asked.
fn cluster(
    headers: &'static [(&'static str, &'static str)],
    nodes: (u16, &'static str),
    root: (u16, &'static str),
    bulk: (u16, &'static str),
) -> Canned {
    Canned::serve(move |asked| {
        let (status, body) = match asked.line.split([' ', '?']).nth(1) {
            Some("/_nodes/_local") => nodes,
            Some("/") => root,
            _ => bulk,
        };
        Answer::json(status, headers, body)
    })
}

const NONE: (u16, &str) = (500, "{}");
const FORBIDDEN: (u16, &str) = (403, r#"{"error":{"type":"security_exception","reason":"action is unauthorized"}}"#);

#[tokio::test]
async fn the_dialect_is_known_from_headers_and_what_a_writer_may_ask() {
    let es = &[ELASTICSEARCH];
    let parameter = r#"{"error":{"type":"illegal_argument_exception","reason":"request [/_bulk] contains unrecognized parameter: [require_data_stream] -> did you mean [require_alias]?"}}"#;
    let no_requests = r#"{"error":{"type":"action_request_validation_exception","reason":"Validation Failed: 1: no requests added;"}}"#;
    let opensearch_root =
        r#"{"version":{"distribution":"opensearch","number":"2.11.1"},"tagline":"The OpenSearch Project"}"#;
    let old_root = r#"{"version":{"number":"8.4.0"},"tagline":"You Know, for Search"}"#;
    let of = |version: &'static str| (200, version);
    let es_version = |v| Dialect::new(Product::Elasticsearch, Some(v));
    let os_version = |v| Dialect::new(Product::OpenSearch, Some(v));
    // Cluster; what it is; require_data_stream, lifecycle, ignore_missing_component_templates; requests.
    for (cluster, dialect, supports, requests) in [
        (
            cluster(es, of(r#"{"nodes":{"a":{"version":"8.19.21"}}}"#), NONE, NONE),
            es_version((8, 19, 21)),
            [true; 3],
            1,
        ),
        (
            cluster(es, of(r#"{"nodes":{"a":{"version":"8.8.2"}}}"#), NONE, NONE),
            es_version((8, 8, 2)),
            [false, false, true],
            1,
        ),
        (
            cluster(es, of(r#"{"nodes":{"a":{"version":"9.2.0-SNAPSHOT"}}}"#), NONE, NONE),
            es_version((9, 2, 0)),
            [true; 3],
            1,
        ),
        (cluster(&[OPENSEARCH], FORBIDDEN, NONE, NONE), os_version((3, 8, 0)), [false; 3], 1),
        (
            cluster(NO_HEADERS, of(r#"{"nodes":{"a":{"version":"2.11.1"}}}"#), (200, opensearch_root), NONE),
            os_version((2, 11, 1)),
            [false; 3],
            2,
        ),
        (
            cluster(NO_HEADERS, of(r#"{"nodes":{"a":{"version":"2.19.1"}}}"#), FORBIDDEN, NONE),
            os_version((2, 19, 1)),
            [false; 3],
            2,
        ),
        (cluster(NO_HEADERS, FORBIDDEN, (200, old_root), NONE), es_version((8, 4, 0)), [false; 3], 2),
        (cluster(es, FORBIDDEN, NONE, (400, no_requests)), Dialect::new(Product::Elasticsearch, None), [true; 3], 2),
        (
            cluster(es, FORBIDDEN, NONE, (400, parameter)),
            Dialect::new(Product::Elasticsearch, None),
            [false, true, true],
            2,
        ),
    ] {
        let client = to(&cluster.url());
        for _ in 0..2 {
            let found = client.dialect().await.expect("a reply");
            assert_eq!((found.product, found.version), (dialect.product, dialect.version));
            let found = [
                found.supports_require_data_stream(),
                found.supports_lifecycle(),
                found.supports_ignore_missing_component_templates(),
            ];
            assert_eq!(found, supports, "{dialect}");
        }
        assert_eq!(cluster.asked().len(), requests, "{dialect}: {:?}", cluster.asked());
    }
    assert_eq!(es_version((8, 19, 21)).to_string(), "Elasticsearch 8.19.21");
    assert_eq!(es_version((8, 19, 21)).unsupported(), None);
    assert!(
        es_version((7, 17, 0)).unsupported().is_some_and(|why| why.starts_with("the cluster is Elasticsearch 7.17.0"))
    );
    assert!(Dialect::new(Product::Unknown, None).unsupported().is_some());
}

#[tokio::test]
async fn the_dialect_is_asked_for_once_however_many_want_it() {
    let cluster = cluster(&[ELASTICSEARCH], (200, r#"{"nodes":{"a":{"version":"8.19.21"}}}"#), NONE, NONE);
    let client = Arc::new(to(&cluster.url()));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.dialect().await.expect("a reply") })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("it ends").version, Some((8, 19, 21)));
    }
    assert_eq!(cluster.asked().len(), 1);
}

#[tokio::test]
async fn what_replies_told_anyway_is_not_asked_for() {
    let node = Canned::serve(|_| Answer::json(200, &[OPENSEARCH], "{}"));
    let client = to(&node.url());
    get(&client).await.expect("a reply");
    assert_eq!(client.dialect().await.expect("it is known"), Dialect::new(Product::OpenSearch, Some((3, 8, 0))));
    assert_eq!(node.asked().len(), 1);
}

#[tokio::test]
async fn a_cluster_that_can_not_tell_yet_is_asked_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let node = {
        let asked = asked.clone();
        Canned::serve(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
            0 => Answer::Cut,
            1 => Answer::json(401, &[ELASTICSEARCH], r#"{"error":"not yet"}"#),
            _ => Answer::json(200, &[ELASTICSEARCH], r#"{"nodes":{"a":{"version":"8.19.21"}}}"#),
        })
    };
    let client = to(&node.url());
    assert_eq!(client.dialect().await.expect_err("no reply").kind, TroubleKind::Cut);
    assert_eq!(client.dialect().await.expect("a reply"), Dialect::new(Product::Elasticsearch, None));
    assert_eq!(client.dialect().await.expect("a reply").version, Some((8, 19, 21)));
}

// What is told

#[tokio::test]
async fn observability_tells_everything_but_secrets() {
    let secret = "hunter2pass";
    let node = Canned::serve(|asked| {
        let echo = json!({ "you": asked.header("authorization"), "pass": "hunter2pass", "monitor": "hunter2shop" });
        Answer::json(200, &[ELASTICSEARCH], &format!("{echo}{}", "x".repeat(2000)))
    });
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let of_monitor = Redactor::new(["hunter2shop".to_owned().into()]);
    let observed = |env: &[(&str, &str)]| {
        let told = told.clone();
        client(env).observed_by(&of_monitor, move |line| told.lock().expect("nobody panics").push(line.to_owned()))
    };
    let url = node.url();
    let env = [("ELASTIC_CLUSTER", url.as_str()), ("ELASTIC_HTTP_AUTH", "jane:hunter2pass")].to_vec();
    get(&observed(&env)).await.expect("a reply");
    assert!(told.lock().expect("nobody panics").is_empty(), "it was not asked for");

    let proxy = format!("http://joe:hunter2proxy@127.0.0.1:{}", node.port());
    let env: Vec<_> = [env, vec![("ELASTIC_OBSERVABILITY", "allow"), ("CANARYTRACE_ELASTIC_PROXY", &proxy)]].concat();
    let client = observed(&env);
    let request = Request::new(Method::Post, "/_bulk").query("token", "hunter2token").ndjson("{\"a\":1}\n".repeat(100));
    client.send(request).await.expect("a reply");
    let lines = told.lock().expect("nobody panics").clone();
    let text = lines.join("\n");
    assert_eq!(lines.len(), 3, "{text}");
    assert!(!text.contains("hunter2") && !text.contains(&data_encoding::BASE64.encode(secret.as_bytes())), "{text}");
    assert!(lines[0].contains("user jane with a password") && lines[0].contains("timeout: 5s"), "{text}");
    assert!(lines[0].contains("proxy: http://***@127.0.0.1") && lines[0].contains("compression: gzip"), "{text}");
    assert!(lines[1].contains("> POST http://127.0.0.1:") && lines[1].contains("/_bulk?token=***"), "{text}");
    assert!(lines[1].contains("(800 bytes, ") && lines[1].ends_with("compressed)"), "{text}");
    assert!(lines[2].contains("< 200 in ") && lines[2].contains("\"you\":\"Basic ***\""), "{text}");
    assert!(lines[2].ends_with("xxx…") && lines[2].len() < 1200, "{text}");

    let dying = Canned::serve(|_| Answer::Cut);
    let client = observed(&[("ELASTIC_CLUSTER", &dying.url()), ("ELASTIC_OBSERVABILITY", "allow")]);
    trouble(&client).await;
    let last = told.lock().expect("nobody panics").last().cloned().expect("a line");
    assert!(last.starts_with("elasticsearch: < cut connection after "), "{last}");
}

// On both products

const WRITE: fn(&str) -> Request = |stream| {
    let document = json!({ "@timestamp": "2026-01-01T00:00:00Z", "text": "x".repeat(600) });
    Request::new(Method::Post, format!("/{stream}/_bulk")).ndjson(format!("{{\"create\":{{}}}}\n{document}\n"))
};

/// Both products without security, as far as they can be had.
fn products() -> Vec<elastic::SharedServer> {
    let products = [elastic::Product::Elasticsearch, elastic::Product::OpenSearch];
    products.into_iter().filter_map(|product| elastic::or_ignored(elastic::shared(product))).collect()
}

#[tokio::test]
async fn both_products_are_known_by_what_they_are() {
    for server in products() {
        let client = Client::new(&server.settings()).expect("a client");
        let dialect = client.dialect().await.expect("a reply");
        assert_eq!(dialect.to_string(), format!("{} {}", server.product(), server.version()));
        assert_eq!(dialect.unsupported(), None);
        // What it says of require_data_stream is what the server says.
        let request = Request::new(Method::Post, "/_bulk").query("require_data_stream", "true").ndjson("\n");
        let known = !client.send(request).await.expect("a reply").reason().contains("unrecognized parameter");
        assert_eq!(dialect.supports_require_data_stream(), known, "{dialect}");
    }
}

#[tokio::test]
async fn compressed_bodies_arrive_and_names_are_such_as_the_option_takes() {
    for server in products() {
        let prefix = elastic::prefix();
        let mut settings = server.settings();
        settings.compression = true;
        let client = Client::new(&settings).expect("a client");
        let template = json!({
            "index_patterns": [format!("*{prefix}*")],
            "priority": 900,
            "data_stream": {},
            "template": {
                "settings": { "number_of_replicas": 0 },
                "mappings": { "dynamic": false, "properties": { "@timestamp": { "type": "date" } } },
            },
        });
        server.get(Request::new(Method::Put, format!("/_index_template/{prefix}")).json(&template));
        let reply = client.send(WRITE(&format!("{prefix}report-default"))).await.expect("a reply");
        let body: Value = reply.json().expect("JSON");
        assert_eq!((reply.status, &body["errors"]), (200, &json!(false)), "{body}");
        assert!(client.traffic().sent * 4 < client.traffic().raw, "{:?}", client.traffic());
        assert_eq!(server.count(&format!("{prefix}report-*")), 1);
        // Refused by the option: `.` at the beginning is refused by OpenSearch alone, the rest by both.
        for begin in ["-", "_", "+", "C"] {
            let body: Value =
                client.send(WRITE(&format!("{begin}{prefix}x"))).await.expect("a reply").json().expect("JSON");
            assert_eq!(body["items"][0]["create"]["status"], 400, "{begin}: {body}");
        }
        server.delete(&prefix);
    }
}

#[tokio::test]
async fn users_are_known_over_https_and_others_are_told_what_to_do() {
    let Some(server) = elastic::or_ignored(elastic::shared_secured()) else { return };
    let (prefix, user) = (elastic::prefix(), format!("u{}", uuid::Uuid::now_v7().simple()));
    let index = json!({ "names": [format!("{prefix}*")], "privileges": ["create_doc", "auto_configure"] });
    server.add_role(&user, &json!({ "indices": [index] }));
    server.add_user(&user, "hunter2pass", &[&user]);
    assert_eq!(server.url().scheme(), "https");

    // A writer may not ask for the version, and needs it not.
    let writer = Client::new(&server.settings_of(&user, "hunter2pass")).expect("a client");
    let version = writer.send(Request::new(Method::Get, "/_nodes/_local")).await.expect("a reply");
    assert!(version.status == 403 && version.problem().is_some_and(|problem| problem.contains("--print-roles")));
    let dialect = writer.dialect().await.expect("a reply");
    assert_eq!((dialect.product, dialect.version), (Product::Elasticsearch, None));
    assert!(dialect.supports_require_data_stream());

    let wrong = Client::new(&server.settings_of(&user, "wrong")).expect("a client");
    let problem = get(&wrong).await.expect("a reply").problem().expect("a refusal");
    assert!(problem.contains(" answers 401: security_exception") && problem.contains("ELASTIC_HTTP_AUTH"), "{problem}");

    // Elsewhere than in its own file nobody trusts it.
    let mut untrusting = server.settings();
    untrusting.ca = None;
    let refused = trouble(&Client::new(&untrusting).expect("a client")).await;
    assert!(refused.kind == TroubleKind::Tls && refused.message.contains("CANARYTRACE_ELASTIC_CA"), "{refused}");
}

#[tokio::test]
async fn a_node_that_dies_and_comes_back_is_used_again() {
    let Some(mut server) = elastic::or_ignored(elastic::own(elastic::Product::OpenSearch)) else { return };
    let spare = Canned::serve(|_| Answer::json(200, &[OPENSEARCH], "{}"));
    let mut settings = server.settings();
    settings.nodes.push(spare.url().parse().expect("a URL"));
    let client = Client::new(&settings).expect("a client");
    let real = server.url().to_string();
    let health = || Request::new(Method::Get, "/_cluster/health");
    let until_answered_by = async |node: &str| {
        while client.send(health()).await.map_or_else(|_| String::new(), |reply| reply.node) != node {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    until_answered_by(&real).await;
    server.kill();
    // A connection that it left behind may break once more. They take turns: when the other one answers twice in a row
    // the dead one is known to be dead, and costs no request any more.
    let mut in_a_row = 0;
    while in_a_row < 2 {
        in_a_row = if client.send(health()).await.is_ok() { in_a_row + 1 } else { 0 };
    }
    for _ in 0..20 {
        let reply = client.send(health()).await;
        assert!(reply.as_ref().is_ok_and(|reply| reply.node == spare.url()), "{reply:?}");
    }
    server.start();
    until_answered_by(&real).await;
}
