//! The proxy that fails as it is told, in front of a small server that counts what gets there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use canarytrace_tests::fault_proxy::{Answer, Fault, FaultProxy, Refusal, Rule};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use url::Url;

/// The ids of the documents that got to the server, in their order.
type Stored = Arc<Mutex<Vec<String>>>;

fn start() -> (FaultProxy, Stored) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let url = Url::parse(&format!("http://{}", listener.local_addr().expect("it is bound"))).expect("it is a URL");
    let stored = Stored::default();
    let storing = stored.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let stored = storing.clone();
            std::thread::spawn(move || store(&stream, &stored));
        }
    });
    (FaultProxy::start(&url, None), stored)
}

/// Answers one `_bulk` request as Elasticsearch would.
fn store(stream: &TcpStream, stored: &Stored) -> Option<()> {
    let (_, body) = read_message(stream)?;
    let actions: Vec<Value> =
        body.lines().step_by(2).map(|line| serde_json::from_str(line).ok()).collect::<Option<_>>()?;
    let ids: Vec<String> =
        actions.iter().filter_map(|action| Some(action["create"]["_id"].as_str()?.to_owned())).collect();
    let items: Vec<_> = ids.iter().map(|id| json!({ "create": { "_id": id, "status": 201 } })).collect();
    stored.lock().ok()?.extend(ids);
    let reply = json!({ "errors": false, "items": items }).to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", reply.len());
    let mut stream = stream;
    stream.write_all(format!("{head}{reply}").as_bytes()).ok()
}

/// Head and body of a message with a length.
fn read_message(stream: &TcpStream) -> Option<(String, String)> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

fn bulk(ids: &[&str]) -> String {
    let lines = ids.iter().map(|id| [json!({ "create": { "_index": "x", "_id": id } }), json!({ "a": 1 })]);
    lines.flatten().fold(String::new(), |text, line| format!("{text}{line}\n"))
}

/// The status and body of the answer; none without a whole one.
fn send(proxy: &FaultProxy, body: &[u8], headers: &str) -> Option<(u16, String)> {
    let (head, body) = send_whole(proxy, body, headers)?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body))
}

fn send_whole(proxy: &FaultProxy, body: &[u8], headers: &str) -> Option<(String, String)> {
    let url = Url::parse(&proxy.url()).expect("it is a URL");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, url.port()?)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!("POST /_bulk?x=1 HTTP/1.1\r\nhost: a\r\n{headers}content-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    // It may hang up before it has all.
    let _ = stream.write_all(body);
    read_message(&stream)
}

fn statuses(reply: &str) -> Vec<u64> {
    let reply: Value = serde_json::from_str(reply).expect("it is JSON");
    let items = reply["items"].as_array().expect("it has items");
    items.iter().map(|item| item["create"]["status"].as_u64().expect("each has a status")).collect()
}

#[test]
fn without_a_rule_everything_goes_through_and_is_counted() {
    let (proxy, stored) = start();
    let text = bulk(&["a", "b"]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    // The server takes no gzip, so what counts is what the proxy saw.
    let packed = gzip.finish().unwrap();
    send(&proxy, &packed, "content-encoding: gzip\r\nauthorization: Basic eDp5\r\n");
    let (status, reply) = send(&proxy, text.as_bytes(), "").unwrap();
    assert_eq!((status, statuses(&reply)), (200, vec![201, 201]));
    assert_eq!(*stored.lock().unwrap(), ["a", "b"]);
    let seen = proxy.bulks();
    assert_eq!((seen[0].gzip, seen[0].wire, seen[0].raw, seen[0].documents), (true, packed.len(), text.len(), 2));
    assert_eq!(seen[0].authorization.as_deref(), Some("Basic eDp5"));
    assert_eq!((seen[1].gzip, seen[1].wire, seen[1].raw, seen[1].status), (false, text.len(), text.len(), Some(200)));
    assert_eq!(seen[1].query, "x=1");
}

#[test]
fn rules_hit_as_many_requests_as_they_say_one_after_the_other() {
    let (proxy, stored) = start();
    proxy.add(Rule::bulk(Answer::too_many_requests(Some(7))).after(1));
    proxy.add(Rule::bulk(Answer::unavailable()).times(2));
    let text = bulk(&["a"]);
    let answers: Vec<_> = (0..5).map(|_| send(&proxy, text.as_bytes(), "").unwrap().0).collect();
    assert_eq!(answers, [503, 429, 503, 200, 200]);
    assert_eq!(stored.lock().unwrap().len(), 2);
    proxy.add(Rule::bulk(Answer::too_many_requests(Some(7))));
    let (head, _) = send_whole(&proxy, text.as_bytes(), "").unwrap();
    assert!(head.contains("retry-after: 7"), "{head}");
}

#[test]
fn a_rule_may_hit_until_it_is_cleared() {
    let (proxy, _) = start();
    proxy.add(Rule::any(Answer::forbidden()).always());
    for _ in 0..3 {
        assert_eq!(send(&proxy, b"", "").unwrap().0, 403);
    }
    proxy.clear();
    assert_eq!(send(&proxy, bulk(&["a"]).as_bytes(), "").unwrap().0, 200);
}

#[test]
fn a_large_body_is_too_large_and_a_small_one_is_not() {
    let (proxy, stored) = start();
    proxy.add(Rule::bulk(Fault::TooLarge(100)).always());
    assert_eq!(send(&proxy, bulk(&["a", "b", "c"]).as_bytes(), "").unwrap().0, 413);
    assert_eq!(send(&proxy, bulk(&["a"]).as_bytes(), "").unwrap().0, 200);
    assert_eq!(*stored.lock().unwrap(), ["a"]);
    assert_eq!(proxy.hits(&Fault::TooLarge(0)), 1);
}

#[test]
fn the_reply_is_lost_after_the_server_has_done_it_and_what_is_to_be_done_then_is_done() {
    let (proxy, stored) = start();
    let meanwhile = Arc::new(Mutex::new(Vec::new()));
    let (saw, at_server) = (meanwhile.clone(), stored.clone());
    let action = move || saw.lock().unwrap().extend(at_server.lock().unwrap().clone());
    proxy.add(Rule::bulk(Fault::LostReply).then(action));
    assert_eq!(send(&proxy, bulk(&["a"]).as_bytes(), ""), None);
    assert_eq!(*stored.lock().unwrap(), ["a"]);
    assert_eq!(*meanwhile.lock().unwrap(), ["a"]);
}

#[test]
fn a_cut_request_never_gets_there() {
    let (proxy, stored) = start();
    proxy.add(Rule::bulk(Fault::CutRequest(10)));
    assert_eq!(send(&proxy, bulk(&["a"; 1000]).as_bytes(), ""), None);
    proxy.wait_until("it is cut", |seen| seen.iter().any(|seen| seen.fault == Some("cut request")));
    assert_eq!(stored.lock().unwrap().len(), 0);
}

#[test]
fn replies_are_cut_truncated_malformed_or_of_another_length() {
    let (proxy, stored) = start();
    let whole = send(&proxy, bulk(&["a", "b"]).as_bytes(), "").unwrap().1;
    proxy.add(Rule::bulk(Fault::CutReply));
    assert_eq!(send(&proxy, bulk(&["a", "b"]).as_bytes(), ""), None);
    proxy.add(Rule::bulk(Fault::TruncatedReply));
    assert_eq!(send(&proxy, bulk(&["a", "b"]).as_bytes(), "").unwrap().1, whole[..whole.len() / 2]);
    proxy.add(Rule::bulk(Fault::MalformedReply("[7]")));
    assert_eq!(send(&proxy, bulk(&["a", "b"]).as_bytes(), "").unwrap(), (200, "[7]".to_owned()));
    proxy.add(Rule::bulk(Fault::WrongItemCount(-1)));
    assert_eq!(statuses(&send(&proxy, bulk(&["a", "b"]).as_bytes(), "").unwrap().1).len(), 1);
    proxy.add(Rule::bulk(Fault::WrongItemCount(2)));
    assert_eq!(statuses(&send(&proxy, bulk(&["a", "b"]).as_bytes(), "").unwrap().1).len(), 4);
    assert_eq!(stored.lock().unwrap().len(), 12);
}

#[test]
fn refused_documents_stay_behind_and_the_others_keep_their_places() {
    let (proxy, stored) = start();
    proxy.add(Rule::bulk(Fault::every(2, Refusal::BUSY)));
    let (_, reply) = send(&proxy, bulk(&["a", "b", "c"]).as_bytes(), "").unwrap();
    assert_eq!(statuses(&reply), [429, 201, 429]);
    assert_eq!(*stored.lock().unwrap(), ["b"]);
    proxy.add(Rule::bulk(Fault::every(1, Refusal::READ_ONLY)));
    let (_, reply) = send(&proxy, bulk(&["d"]).as_bytes(), "").unwrap();
    assert_eq!(statuses(&reply), [403]);
    assert_eq!(*stored.lock().unwrap(), ["b"]);
}

#[test]
fn a_slow_reply_comes_byte_by_byte() {
    let (proxy, _) = start();
    proxy.add(Rule::bulk(Fault::SlowReply(Duration::from_millis(2))));
    let started = Instant::now();
    let (_, reply) = send(&proxy, bulk(&["a"]).as_bytes(), "").unwrap();
    assert_eq!(statuses(&reply), [201]);
    // There are as many pauses as bytes, but for the last one.
    assert!(started.elapsed() >= Duration::from_millis(2) * (u32::try_from(reply.len()).unwrap() - 1));
}

#[test]
fn who_has_left_refuses_connections_and_may_come_back_to_its_port() {
    let (proxy, _) = start();
    let url = Url::parse(&proxy.url()).unwrap();
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, url.port().unwrap()));
    let mut open = connect().unwrap();
    proxy.leave();
    // The connection that there was ends.
    assert_eq!(open.read(&mut [0]).unwrap_or(0), 0);
    assert!(connect().is_err());
    proxy.come_back();
    let text = bulk(&["a"]);
    let deadline = Instant::now() + Duration::from_secs(20);
    while send(&proxy, text.as_bytes(), "").is_none() {
        assert!(Instant::now() < deadline, "it never came back");
        std::thread::yield_now();
    }
}
