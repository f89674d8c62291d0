use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::devtools::protocol::Message;

fn message(method: &str, params: &Value) -> Message<'static> {
    use crate::devtools::protocol::IntoOwned as _;
    Message::parse(&json!({ "method": method, "params": params }).to_string()).unwrap().into_owned()
}

fn network(event: &str, params: &Value) -> Message<'static> {
    message(&format!("Network.{event}"), params)
}

fn in_session(session: &'static str, mut message: Message<'static>) -> Message<'static> {
    message.session_id = Some(session.into());
    message
}

fn asked(id: &str, url: &str, at: f64) -> Message<'static> {
    let request = json!({ "url": url, "method": "GET", "headers": { "plain": "1" } });
    network("requestWillBeSent", &json!({ "requestId": id, "request": request, "timestamp": at, "wallTime": 1e9 + at }))
}

fn redirected(id: &str, url: &str, at: f64, extra: bool) -> Message<'static> {
    let redirect = json!({ "status": 302, "headers": { "plain": "r" } });
    let request = json!({ "url": url, "method": "GET", "headers": { "plain": "1" } });
    network(
        "requestWillBeSent",
        &json!({
            "requestId": id, "request": request, "timestamp": at, "wallTime": 1e9 + at,
            "redirectResponse": redirect, "redirectHasExtraInfo": extra,
        }),
    )
}

fn answered(id: &str, at: f64, extra: bool) -> Message<'static> {
    let response = json!({ "status": 200, "headers": { "plain": "2" }, "url": "http://a/" });
    network(
        "responseReceived",
        &json!({ "requestId": id, "response": response, "timestamp": at, "hasExtraInfo": extra, "type": "Fetch" }),
    )
}

fn sent_extra(id: &str, value: &str) -> Message<'static> {
    network("requestWillBeSentExtraInfo", &json!({ "requestId": id, "headers": { "wire": value } }))
}

fn received_extra(id: &str, value: &str) -> Message<'static> {
    let params = json!({ "requestId": id, "headers": { "wire": value }, "statusCode": 304 });
    network("responseReceivedExtraInfo", &params)
}

fn finished(id: &str, at: f64) -> Message<'static> {
    network("loadingFinished", &json!({ "requestId": id, "timestamp": at, "encodedDataLength": 10 }))
}

fn failed(id: &str, at: f64) -> Message<'static> {
    let error = json!({ "requestId": id, "timestamp": at, "errorText": "net::ERR_FAILED", "blockedReason": "csp" });
    network("loadingFailed", &error)
}

fn all(messages: impl IntoIterator<Item = Message<'static>>) -> Vec<Exchange<'static>> {
    let mut exchanges = Exchanges::default();
    messages.into_iter().for_each(|message| exchanges.push(message));
    exchanges.finish()
}

/// URL, what went over the wire, and how it ended, of each.
fn summary(exchanges: &[Exchange<'_>]) -> Vec<String> {
    let wire = |headers: Option<&crate::devtools::protocol::Headers<'_>>| {
        headers.and_then(|headers| headers.value("wire")).unwrap_or("-").to_owned()
    };
    let one = |exchange: &Exchange<'_>| {
        let sent = wire(exchange.request_extra.as_ref().and_then(|extra| extra.headers.get()));
        let received = wire(exchange.response_extra.as_ref().and_then(|extra| extra.headers.get()));
        let end = match &exchange.end {
            End::Open => "open",
            End::Redirected { .. } => "redirected",
            End::Finished { .. } => "finished",
            End::Failed(_) => "failed",
            End::Closed { .. } => "closed",
        };
        format!("{} {sent} {received} {end}", exchange.request.url.text())
    };
    exchanges.iter().map(one).collect()
}

#[test]
fn an_announced_extra_info_is_waited_for() {
    let mut exchanges = Exchanges::default();
    for message in [asked("1", "http://a/", 1.0), sent_extra("1", "s"), answered("1", 1.1, true), finished("1", 1.2)] {
        exchanges.push(message);
        assert!(exchanges.take_complete().is_empty());
    }
    exchanges.push(received_extra("1", "r"));
    assert_eq!(summary(&exchanges.take_complete()), ["http://a/ s r finished"]);
    assert!(exchanges.finish().is_empty());
}

#[test]
fn it_is_not_waited_for_forever_in_messages_nor_in_their_time() {
    let begin = || {
        let mut exchanges = Exchanges::default();
        for message in [asked("1", "http://a/", 1.0), answered("1", 1.1, true), finished("1", 1.2)] {
            exchanges.push(message);
        }
        assert!(exchanges.take_complete().is_empty());
        exchanges
    };
    let mut by_time = begin();
    by_time.push(asked("2", "http://b/", 12.0));
    assert_eq!(summary(&by_time.take_complete()), ["http://a/ - - finished"]);
    let mut by_messages = begin();
    for _ in 0..5_000 {
        by_messages.push(message("Other.event", &json!({})));
    }
    assert_eq!(summary(&by_messages.take_complete()), ["http://a/ - - finished"]);
}

#[test]
fn what_is_not_announced_is_not_waited_for() {
    let mut exchanges = Exchanges::default();
    for message in [asked("1", "http://a/", 1.0), answered("1", 1.1, false), finished("1", 1.2)] {
        exchanges.push(message);
    }
    assert_eq!(exchanges.take_complete().len(), 1);
    for message in [asked("2", "http://a/", 1.0), failed("2", 1.2)] {
        exchanges.push(message);
    }
    assert_eq!(summary(&exchanges.take_complete()), ["http://a/ - - failed"]);
}

#[test]
fn redirects_are_exchanges_of_their_own_and_those_from_a_cache_have_no_extra_info() {
    let exchanges = all([
        asked("1", "http://a/", 1.0),
        redirected("1", "http://b/", 2.0, false),
        sent_extra("1", "sent b"),
        redirected("1", "http://c/", 3.0, true),
        received_extra("1", "received b"),
        sent_extra("1", "sent c"),
        answered("1", 4.0, true),
        finished("1", 5.0),
        received_extra("1", "received c"),
    ]);
    let expected =
        ["http://a/ - - redirected", "http://b/ sent b received b redirected", "http://c/ sent c received c finished"];
    assert_eq!(summary(&exchanges), expected);
    assert_eq!(exchanges.iter().map(|exchange| exchange.redirects_before).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(exchanges[0].response.as_ref().unwrap().status.integer(), Some(302));
}

#[test]
fn browsers_that_announce_nothing_have_extra_info_all_the_same_but_not_of_redirects_they_made_up() {
    let hsts = json!({ "status": 307, "statusText": "Internal Redirect" });
    let to_https = json!({
        "requestId": "1", "request": { "url": "https://a/" }, "timestamp": 1.0, "redirectResponse": hsts,
    });
    let response = json!({ "requestId": "1", "response": { "status": 200 }, "timestamp": 2.0 });
    let exchanges = all([
        asked("1", "http://a/", 1.0),
        network("requestWillBeSent", &to_https),
        sent_extra("1", "s"),
        received_extra("1", "r"),
        network("responseReceived", &response),
        finished("1", 2.0),
    ]);
    assert_eq!(summary(&exchanges), ["http://a/ - - redirected", "https://a/ s r finished"]);
}

#[test]
fn what_several_sessions_tell_is_one_exchange() {
    let data = || network("dataReceived", &json!({ "requestId": "1", "dataLength": 5, "timestamp": 3.0 }));
    let tell = |session| {
        let messages = vec![
            asked("1", "http://a/", 1.0),
            redirected("1", "http://b/", 2.0, false),
            answered("1", 2.5, false),
            data(),
            finished("1", 3.5),
        ];
        messages.into_iter().map(move |message| in_session(session, message))
    };
    let interleaved = tell("A").zip(tell("B")).flat_map(|(a, b)| [a, b]);
    for messages in [tell("A").chain(tell("B")).collect::<Vec<_>>(), interleaved.collect()] {
        let exchanges = all(messages);
        assert_eq!(summary(&exchanges), ["http://a/ - - redirected", "http://b/ - - finished"]);
        assert_eq!(exchanges[1].body.decoded, 5);
    }
}

#[test]
fn a_request_may_begin_in_one_session_and_go_on_in_another() {
    let exchanges = all([
        in_session("page", asked("1", "http://a/", 1.0)),
        in_session("frame", answered("1", 2.0, false)),
        in_session("frame", network("dataReceived", &json!({ "requestId": "1", "dataLength": 5, "timestamp": 3.0 }))),
        in_session("frame", finished("1", 4.0)),
    ]);
    assert_eq!(summary(&exchanges), ["http://a/ - - finished"]);
    assert_eq!(exchanges[0].body.decoded, 5);
    assert_eq!(exchanges[0].session_id.as_deref(), Some("page"));
}

#[test]
fn an_id_that_is_used_again_is_another_request() {
    let one = |url| [asked("1", url, 1.0), answered("1", 2.0, false), finished("1", 3.0)];
    let exchanges = all(one("http://a/").into_iter().chain(one("http://b/")));
    assert_eq!(summary(&exchanges), ["http://a/ - - finished", "http://b/ - - finished"]);
}

#[test]
fn a_response_without_a_request_is_an_exchange_and_so_is_a_redirect() {
    let mut exchanges = all([answered("1", 2.0, false), redirected("2", "http://b/", 2.0, false), finished("1", 3.0)]);
    exchanges.sort_by_key(|exchange| exchange.request_id.to_string());
    assert_eq!(summary(&exchanges), ["http://a/ - - finished", " - - redirected", "http://b/ - - open"]);
    assert_eq!(exchanges[0].resource_type, "Fetch");
}

#[test]
fn a_request_belongs_to_the_step_in_which_it_began() {
    let step = |event: &str, id: &str| message(&format!("Canarytrace.{event}"), &json!({ "uuidAction": id }));
    let exchanges = all([
        asked("0", "http://a/", 1.0),
        step("stepStarted", "outer"),
        asked("1", "http://a/", 1.0),
        step("stepStarted", "inner"),
        asked("2", "http://a/", 1.0),
        finished("1", 2.0),
        step("stepEnded", "inner"),
        asked("3", "http://a/", 1.0),
        step("stepEnded", "outer"),
        asked("4", "http://a/", 1.0),
    ]);
    let steps: Vec<_> = exchanges.iter().map(|exchange| exchange.step.as_deref()).collect();
    assert_eq!(steps, [None, Some("outer"), Some("inner"), Some("outer"), None]);
}

#[test]
fn frames_of_a_web_socket_are_counted_decoded_and_the_first_ones_kept() {
    let options = ExchangeOptions { kept_messages: 2, ..ExchangeOptions::default() };
    let mut exchanges = Exchanges::new(options);
    let about = |event: &str, mut params: Value| {
        params["requestId"] = "1".into();
        params["timestamp"] = 2.0.into();
        network(event, &params)
    };
    let frame = |event: &str, opcode: i64, data: &str| {
        about(event, json!({ "response": { "opcode": opcode, "mask": true, "payloadData": data } }))
    };
    let handshake = json!({ "response": { "status": 101, "headers": { "Upgrade": "websocket" } } });
    for message in [
        network("webSocketCreated", &json!({ "requestId": "1", "url": "wss://a/", "initiator": { "type": "script" } })),
        about(
            "webSocketWillSendHandshakeRequest",
            json!({ "wallTime": 1e9, "request": { "headers": { "Host": "a" } } }),
        ),
        about("webSocketHandshakeResponseReceived", handshake),
        frame("webSocketFrameSent", 1, "čau"),
        frame("webSocketFrameReceived", 2, "AQIDBA=="),
        frame("webSocketFrameReceived", 2, "AQID"),
        about("webSocketFrameError", json!({ "errorMessage": "oh" })),
        about("webSocketClosed", json!({})),
    ] {
        exchanges.push(message);
    }
    let [exchange] = &exchanges.take_complete()[..] else { panic!() };
    let socket = exchange.web_socket.as_ref().unwrap();
    assert_eq!(socket.sent, Frames { count: 1, bytes: 4 });
    assert_eq!(socket.received, Frames { count: 2, bytes: 7 });
    assert_eq!((socket.messages.len(), socket.not_kept, socket.errors.len()), (2, 1, 1));
    assert_eq!(exchange.resource_type, "WebSocket");
    assert_eq!(exchange.request.headers.get().unwrap().read().value("host"), Some("a"));
    assert_eq!(exchange.response.as_ref().unwrap().status.integer(), Some(101));
}

#[test]
fn frames_of_a_socket_that_was_open_before_are_not_lost() {
    let response = json!({ "opcode": 1, "payloadData": "x" });
    let exchanges =
        all([network("webSocketFrameSent", &json!({ "requestId": "1", "timestamp": 1.0, "response": response }))]);
    assert_eq!(exchanges[0].web_socket.as_ref().unwrap().sent.count, 1);
}

#[test]
fn bodies_are_waited_for_when_they_will_come() {
    let options =
        ExchangeOptions { await_request_bodies: true, await_response_bodies: true, ..ExchangeOptions::default() };
    let mut exchanges = Exchanges::new(options);
    let request = json!({ "url": "http://a/", "method": "POST", "hasPostData": true });
    for message in [
        network("requestWillBeSent", &json!({ "requestId": "1", "request": request, "timestamp": 1.0 })),
        answered("1", 2.0, false),
        network("dataReceived", &json!({ "requestId": "1", "dataLength": 5, "timestamp": 3.0 })),
        finished("1", 3.0),
        message("Canarytrace.requestBody", &json!({ "requestId": "1", "postData": "sent" })),
    ] {
        exchanges.push(message);
        assert!(exchanges.take_complete().is_empty());
    }
    exchanges.push(message(
        "Canarytrace.responseBody",
        &json!({ "requestId": "1", "body": "aGVsbG8=", "base64Encoded": true }),
    ));
    let [exchange] = &exchanges.take_complete()[..] else { panic!() };
    assert_eq!(exchange.request_body.as_deref(), Some("sent"));
    assert_eq!(exchange.body.content, Some(("aGVsbG8=".into(), true)));
}

#[test]
fn nothing_is_kept_of_what_is_over_but_a_bounded_number_of_ids() {
    let mut exchanges = Exchanges::default();
    for number in 0..10_000 {
        let id = number.to_string();
        for message in [asked(&id, "http://a/", 1.0), answered(&id, 1.0, false), finished(&id, 1.0)] {
            exchanges.push(message);
        }
        // Of requests that nobody tells of.
        exchanges.push(sent_extra(&format!("lost {id}"), "s"));
        assert_eq!(exchanges.take_complete().len(), 1);
    }
    assert!(exchanges.held() <= 1_024 + 5_000, "{}", exchanges.held());
}

fn extras(hops: &[(bool, bool)]) -> Vec<Message<'static>> {
    let with_extra = hops.iter().enumerate().filter(|(_, (extra, _))| *extra);
    let pairs = with_extra.flat_map(|(hop, (_, on_wire))| {
        let sent = on_wire.then(|| sent_extra("1", &format!("sent {hop}")));
        sent.into_iter().chain([received_extra("1", &format!("received {hop}"))])
    });
    pairs.collect()
}

fn plain(hops: &[(bool, bool)]) -> Vec<Message<'static>> {
    let mut at = 1.0;
    let mut messages = vec![asked("1", "http://0/", at)];
    let (last, redirects) = hops.split_last().unwrap();
    for (hop, (extra, _)) in redirects.iter().enumerate() {
        at += 0.01;
        messages.push(redirected("1", &format!("http://{}/", hop + 1), at, *extra));
    }
    messages.push(answered("1", at + 0.01, last.0));
    messages.push(finished("1", at + 0.02));
    messages
}

proptest! {
    /// Each kind keeps its own order; how the two are mixed is the processes' luck.
    #[test]
    fn extra_info_finds_its_hop_however_late_or_early_it_is(
        hops in prop::collection::vec((any::<bool>(), any::<bool>()), 1..5),
        choices in prop::collection::vec(any::<bool>(), 0..24),
        tell_early in any::<bool>(),
    ) {
        let (mut extras, mut plain) = (extras(&hops).into_iter(), plain(&hops).into_iter());
        let mut exchanges = Exchanges::default();
        let mut complete = Vec::new();
        let mut push = |message| {
            exchanges.push(message);
            if tell_early {
                complete.extend(exchanges.take_complete());
            }
        };
        for choice in choices {
            let next = if choice { extras.next() } else { plain.next() };
            next.into_iter().for_each(&mut push);
        }
        plain.chain(extras).for_each(&mut push);
        complete.extend(exchanges.finish());
        let expected: Vec<_> = hops.iter().enumerate().map(|(hop, (extra, on_wire))| {
            let end = if hop + 1 == hops.len() { "finished" } else { "redirected" };
            match (extra, on_wire) {
                (true, true) => format!("http://{hop}/ sent {hop} received {hop} {end}"),
                (true, false) => format!("http://{hop}/ - received {hop} {end}"),
                (false, _) => format!("http://{hop}/ - - {end}"),
            }
        }).collect();
        prop_assert_eq!(summary(&complete), expected);
    }

    /// Of one browser or of nobody: no message makes it panic or lose a request.
    #[test]
    fn any_messages_in_any_order_give_each_request_once(
        messages in prop::collection::vec((0..9_u8, 0..4_u8, 0..3_u8, -1.0..50.0_f64, any::<bool>()), 0..60),
    ) {
        let mut exchanges = Exchanges::default();
        let mut begun = 0;
        let mut complete = Vec::new();
        for (kind, id, session, at, flag) in messages {
            let id = id.to_string();
            let message = match kind {
                0 => asked(&id, "http://a/", at),
                1 => redirected(&id, "http://b/", at, flag),
                2 => answered(&id, at, flag),
                3 => sent_extra(&id, "s"),
                4 => received_extra(&id, "r"),
                5 => finished(&id, at),
                6 => failed(&id, at),
                7 => network("dataReceived", &json!({ "requestId": id, "dataLength": at, "timestamp": at })),
                _ => network("webSocketFrameSent", &json!({ "requestId": id, "timestamp": at })),
            };
            let message = match session {
                0 => message,
                1 => in_session("A", message),
                _ => in_session("B", message),
            };
            exchanges.push(message);
            begun = exchanges.begun();
            complete.extend(exchanges.take_complete());
        }
        complete.extend(exchanges.finish());
        complete.sort_by_key(|exchange| exchange.number);
        let numbers: Vec<_> = complete.iter().map(|exchange| exchange.number).collect();
        prop_assert_eq!(numbers, (0..begun).collect::<Vec<_>>());
    }
}
