use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::devtools::protocol::{IntoOwned as _, Message};

fn message(value: &Value) -> Message<'static> {
    Message::parse(&value.to_string()).unwrap().into_owned()
}

fn network(event: &str, params: impl Into<Value>) -> Value {
    json!({ "method": format!("Network.{event}"), "params": params.into() })
}

fn page(event: &str, params: impl Into<Value>) -> Value {
    json!({ "method": format!("Page.{event}"), "params": params.into() })
}

fn asked(id: &str, url: &str, at: f64) -> Value {
    network(
        "requestWillBeSent",
        json!({
            "requestId": id, "loaderId": "L", "frameId": "F", "type": "Fetch", "timestamp": at, "wallTime": 1e9 + at,
            "documentURL": "https://a/", "initiator": { "type": "other" },
            "request": { "url": url, "method": "GET", "headers": { "Plain": "1" } },
        }),
    )
}

/// Sent `sent` ms after it was taken up at `at`, and answered 1 ms later.
fn answered(id: &str, at: f64, protocol: &str, connection: i64, sent: f64) -> Value {
    let timing = json!({
        "requestTime": at, "dnsStart": -1, "dnsEnd": -1, "connectStart": -1, "connectEnd": -1, "sslStart": -1, "sslEnd": -1,
        "sendStart": sent, "sendEnd": sent + 0.1, "receiveHeadersEnd": sent + 1.0, "pushStart": 0,
    });
    let response = json!({
        "url": "https://a/", "status": 200, "statusText": "OK", "mimeType": "text/html", "protocol": protocol,
        "headers": { "Set-Cookie": "plain=1" }, "connectionId": connection, "timing": timing,
        "remoteIPAddress": "[::1]", "fromDiskCache": false,
    });
    network(
        "responseReceived",
        json!({ "requestId": id, "timestamp": at, "response": response, "hasExtraInfo": false, "type": "Fetch" }),
    )
}

fn finished(id: &str, at: f64) -> Value {
    network("loadingFinished", json!({ "requestId": id, "timestamp": at, "encodedDataLength": 300 }))
}

fn har(messages: &[Value]) -> Value {
    serde_json::to_value(from_messages(messages.iter().map(message), &HarOptions::default())).unwrap()
}

fn entry(messages: &[Value]) -> Value {
    let har = har(messages);
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{entries:#?}");
    entries[0].clone()
}

fn close(value: &Value, expected: f64) -> bool {
    value.as_f64().is_some_and(|value| (value - expected).abs() < 0.002)
}

#[test]
fn a_request_has_its_phases_from_when_the_browser_took_it_up() {
    let entry =
        entry(&[asked("1", "https://a/?q=a%20b&q=2", 10.0), answered("1", 10.5, "h2", 7, 3.0), finished("1", 10.510)]);
    assert_eq!(entry["startedDateTime"], "2001-09-09T01:46:50.500000Z");
    let timings = &entry["timings"];
    assert!(close(&timings["_queued"], 500.0) && close(&timings["blocked"], 3.0), "{timings}");
    assert!(
        close(&timings["send"], 0.1) && close(&timings["wait"], 0.9) && close(&timings["receive"], 6.0),
        "{timings}"
    );
    assert!(close(&entry["time"], 10.0), "{}", entry["time"]);
    assert_eq!(entry["serverIPAddress"], "::1");
    assert_eq!(entry["connection"], "7");
    assert_eq!(
        entry["request"]["queryString"],
        json!([{ "name": "q", "value": "a b" }, { "name": "q", "value": "2" }])
    );
    assert_eq!(entry["response"]["_transferSize"], 300);
}

#[test]
fn a_failed_request_is_an_entry_with_status_0_and_its_error() {
    let failed = network(
        "loadingFailed",
        json!({
            "requestId": "1", "timestamp": 10.25, "errorText": "net::ERR_BLOCKED_BY_CLIENT", "blockedReason": "inspector",
            "corsErrorStatus": { "corsError": "MissingAllowOriginHeader" },
        }),
    );
    let entry = entry(&[asked("1", "https://a/", 10.0), failed]);
    assert_eq!(entry["response"]["status"], 0);
    assert_eq!(entry["_error"], "net::ERR_BLOCKED_BY_CLIENT");
    assert_eq!(entry["response"]["_error"], "net::ERR_BLOCKED_BY_CLIENT");
    assert_eq!(entry["_blockedReason"], "inspector");
    assert_eq!(entry["_corsError"], "MissingAllowOriginHeader");
    assert!(close(&entry["time"], 250.0), "{}", entry["time"]);
}

#[test]
fn headers_of_the_wire_replace_the_ones_that_were_told_before() {
    let sent = json!({ "requestId": "1", "headers": { "Cookie": "a=1; b=2=3" } });
    let received = json!({
        "requestId": "1", "statusCode": 304,
        "headers": { "Set-Cookie": "c=1; Path=/; Expires=Wed, 21-Oct-2026 07:28:00 GMT; HttpOnly; SameSite=Lax\nd=2" },
    });
    let mut response = answered("1", 10.5, "h2", 7, 3.0);
    response["params"]["hasExtraInfo"] = true.into();
    let entry = entry(&[
        network("requestWillBeSentExtraInfo", sent),
        asked("1", "https://a/", 10.0),
        response,
        network("responseReceivedExtraInfo", received),
        finished("1", 10.510),
    ]);
    assert_eq!(entry["request"]["headers"], json!([{ "name": "Cookie", "value": "a=1; b=2=3" }]));
    assert_eq!(entry["request"]["cookies"], json!([{ "name": "a", "value": "1" }, { "name": "b", "value": "2=3" }]));
    assert_eq!(entry["response"]["headers"].as_array().unwrap().len(), 2);
    let cookies = json!([
        {
            "name": "c", "value": "1", "path": "/", "expires": "2026-10-21T07:28:00Z", "httpOnly": true, "secure": false,
            "sameSite": "Lax",
        },
        { "name": "d", "value": "2", "httpOnly": false, "secure": false },
    ]);
    assert_eq!(entry["response"]["cookies"], cookies);
    assert_eq!(entry["response"]["status"], 200);
    assert_eq!(entry["response"]["_wireStatus"], 304);
}

#[test]
fn bodies_are_there_when_they_are_wanted() {
    let mut asked = asked("1", "https://a/", 10.0);
    asked["params"]["request"]["postData"] = "a=1&b=%20".into();
    asked["params"]["request"]["headers"]["Content-Type"] = "application/x-www-form-urlencoded".into();
    let body = json!({ "requestId": "1", "body": "aGk=", "base64Encoded": true });
    let data = network("dataReceived", json!({ "requestId": "1", "timestamp": 10.5, "dataLength": 2 }));
    let messages = [
        asked,
        answered("1", 10.1, "h2", 7, 3.0),
        data,
        finished("1", 10.5),
        json!({ "method": "Canarytrace.responseBody", "params": body }),
    ];
    let options = HarOptions { response_bodies: true, ..HarOptions::default() };
    let har = serde_json::to_value(from_messages(messages.iter().map(message), &options)).unwrap();
    let entry = &har["log"]["entries"][0];
    assert_eq!(entry["response"]["content"]["text"], "aGk=");
    assert_eq!(entry["response"]["content"]["encoding"], "base64");
    let params = json!([{ "name": "a", "value": "1" }, { "name": "b", "value": " " }]);
    assert_eq!(entry["request"]["postData"]["params"], params);
    let without = self::entry(&messages);
    assert_eq!(without["response"]["content"].get("text"), None);
}

#[test]
fn what_was_received_of_http_1_is_over_when_the_next_request_is_sent_on_its_connection() {
    let har = har(&[
        asked("1", "https://a/1", 10.0),
        answered("1", 10.0, "http/1.1", 7, 1.0),
        asked("2", "https://a/2", 10.0),
        answered("2", 10.0, "http/1.1", 7, 5.0),
        // It is told late.
        finished("1", 10.006),
        finished("2", 10.010),
        // Another browser's, with the same number.
        asked("3", "https://a/3", 10.0),
        answered("3", 10.0, "http/1.1", 7, 1.5),
        finished("3", 10.004),
    ]);
    let entries = har["log"]["entries"].as_array().unwrap();
    assert!(close(&entries[0]["timings"]["receive"], 0.0) || close(&entries[0]["time"], 5.0), "{}", entries[0]);
    assert_eq!(entries[1]["connection"], "7");
    assert_eq!(entries[2].get("connection"), None);
}

#[test]
fn a_document_in_the_root_frame_begins_a_page_and_its_frames_and_workers_belong_to_it() {
    let document = |id: &str, frame: &str, url: &str, at: f64| {
        let mut asked = asked(id, url, at);
        asked["params"]["type"] = "Document".into();
        asked["params"]["loaderId"] = id.into();
        asked["params"]["frameId"] = frame.into();
        asked
    };
    let mut of_frame = asked("4", "https://a/of-frame", 3.5);
    of_frame["params"]["frameId"] = "CHILD".into();
    of_frame["params"]["loaderId"] = "3".into();
    let mut of_worker = asked("6", "https://a/of-worker", 5.5);
    of_worker["params"]["frameId"] = Value::Null;
    of_worker["params"]["loaderId"] = "".into();
    of_worker["sessionId"] = "WORKER".into();
    let mut late = asked("7", "https://a/beacon", 6.0);
    late["params"]["loaderId"] = "1".into();
    let attached = |session: &str, kind: &str, target: &str| {
        let info = json!({ "type": kind, "targetId": target });
        json!({ "method": "Target.attachedToTarget", "params": { "sessionId": session, "targetInfo": info } })
    };
    let mut worker = attached("WORKER", "worker", "W");
    worker["sessionId"] = "PAGE".into();
    let har = har(&[
        attached("PAGE", "page", "F"),
        worker,
        page("frameStartedLoading", json!({ "frameId": "F" })),
        document("1", "F", "https://a/first", 1.0),
        page("domContentEventFired", json!({ "timestamp": 2.0 })),
        page("loadEventFired", json!({ "timestamp": 3.0 })),
        // The frame is told of after what it asks for.
        document("3", "CHILD", "https://a/frame", 3.2),
        of_frame,
        page("frameAttached", json!({ "frameId": "CHILD", "parentFrameId": "F" })),
        page("navigatedWithinDocument", json!({ "frameId": "F", "url": "https://a/first#there" })),
        document("5", "F", "https://a/second", 5.0),
        of_worker,
        late,
    ]);
    let pages = har["log"]["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 2, "{pages:#?}");
    assert_eq!(pages[0]["title"], "https://a/first");
    assert_eq!(pages[0]["pageTimings"], json!({ "onContentLoad": 1000.0, "onLoad": 2000.0 }));
    assert_eq!(pages[1]["title"], "https://a/second");
    let of: Vec<_> = har["log"]["entries"].as_array().unwrap().iter().map(|entry| entry["pageref"].clone()).collect();
    assert_eq!(of, ["page_1", "page_1", "page_1", "page_2", "page_2", "page_1"]);
}

#[test]
fn frames_of_web_sockets_are_in_the_form_of_devtools() {
    let about = |event: &str, mut params: Value| {
        params["requestId"] = "1".into();
        params["timestamp"] = 10.0.into();
        network(event, params)
    };
    let response =
        json!({ "status": 101, "statusText": "Switching Protocols", "headersText": "HTTP/1.1 101 Switching" });
    let entry = entry(&[
        network("webSocketCreated", json!({ "requestId": "1", "url": "wss://a/" })),
        about("webSocketWillSendHandshakeRequest", json!({ "wallTime": 1e9 + 10.0, "request": { "headers": {} } })),
        about("webSocketHandshakeResponseReceived", json!({ "response": response })),
        about("webSocketFrameSent", json!({ "response": { "opcode": 1, "payloadData": "hi" } })),
        about("webSocketFrameReceived", json!({ "response": { "opcode": 2, "payloadData": "aGk=" } })),
    ]);
    let frames = json!([
        { "type": "send", "time": 1e9 + 10.0, "opcode": 1, "data": "hi" },
        { "type": "receive", "time": 1e9 + 10.0, "opcode": 2, "data": "aGk=" },
    ]);
    assert_eq!(entry["_webSocketMessages"], frames);
    assert_eq!(entry["_resourceType"], "websocket");
    assert_eq!(entry["response"]["status"], 101);
    assert_eq!(entry["response"]["httpVersion"], "http/1.1");
}

#[test]
fn what_never_went_to_a_server_is_no_entry_and_this_is_said() {
    let har = har(&[asked("1", "data:text/plain,a", 1.0), asked("2", "blob:https://a/1", 1.0)]);
    assert_eq!(har["log"]["entries"], json!([]));
    assert_eq!(har["log"]["comment"], "requests that are no entries: 2 of data:, blob: and the like");
}

#[test]
fn characters_that_a_url_may_not_have_are_escaped() {
    let entry = entry(&[asked("1", "https://a/{x}?q='|\u{e1}", 1.0)]);
    assert_eq!(entry["request"]["url"], "https://a/%7Bx%7D?q=%27%7C\u{e1}");
}

#[test]
fn what_came_from_memory_used_no_connection() {
    let cached = network("requestServedFromCache", json!({ "requestId": "1" }));
    let entry =
        entry(&[asked("1", "https://a/", 10.0), cached, answered("1", 2.0, "http/1.1", 7, 1.0), finished("1", 10.1)]);
    assert_eq!(entry["_fromCache"], "memory");
    assert_eq!(entry.get("connection"), None);
    assert_eq!(entry["startedDateTime"], "2001-09-09T01:46:50.000000Z");
    assert!(entry["cache"]["beforeRequest"].is_object());
}

/// A number as a browser sends it, and as it never would.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => (-2.0..200.0_f64).prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(Value::from("text")),
    ]
}

fn any_message() -> impl Strategy<Value = Value> {
    let times = prop::collection::vec(number(), 10);
    let ids = prop_oneof![Just("1"), Just("2"), Just("3")];
    let protocols = prop_oneof![Just("http/1.1"), Just("h2"), Just(""), Just("HTTP/1.0\u{e1}")];
    (0..9_usize, ids, times, protocols, 0..3_i64).prop_map(|(kind, id, n, protocol, connection)| {
        let at = n[0].clone();
        let timing = json!({
            "requestTime": n[1], "dnsStart": n[2], "dnsEnd": n[3], "connectStart": n[4], "connectEnd": n[5],
            "sslStart": n[6], "sslEnd": n[7], "sendStart": n[8], "sendEnd": n[9], "receiveHeadersEnd": n[2],
        });
        let response = json!({
            "url": "https://a/", "status": n[3], "protocol": protocol, "connectionId": connection, "timing": timing,
            "encodedDataLength": n[4], "headers": { "set-cookie": "=;;\n;\u{e1}=\u{e1};expires=\u{e1}" },
        });
        let request = json!({ "url": "https://a/?%zz&=", "method": "GET", "headers": { "cookie": ";=;\u{e1}" } });
        match kind {
            0 => network("requestWillBeSent", json!({
                "requestId": id, "request": request, "timestamp": at, "wallTime": n[1], "type": "Document", "frameId": id,
            })),
            1 => network("requestWillBeSent", json!({
                "requestId": id, "request": request, "timestamp": at, "redirectResponse": response,
            })),
            2 | 3 => network("responseReceived", json!({ "requestId": id, "response": response, "timestamp": at })),
            4 => network("loadingFinished", json!({ "requestId": id, "timestamp": at, "encodedDataLength": n[5] })),
            5 => network("loadingFailed", json!({ "requestId": id, "timestamp": at })),
            6 => network("dataReceived", json!({ "requestId": id, "timestamp": at, "dataLength": n[6] })),
            7 => page("frameAttached", json!({ "frameId": id, "parentFrameId": (connection + 1).to_string() })),
            _ => page("loadEventFired", json!({ "timestamp": at })),
        }
    })
}

proptest! {
    #[test]
    fn whatever_comes_the_har_is_valid(messages in prop::collection::vec(any_message(), 0..40)) {
        let har = har(&messages);
        let mut connections = std::collections::HashMap::<_, Vec<_>>::new();
        for entry in har["log"]["entries"].as_array().unwrap() {
            let phase = |name: &str| entry["timings"][name].as_f64().unwrap();
            let names = ["blocked", "dns", "connect", "send", "wait", "receive"];
            for name in names.iter().chain(&["ssl"]) {
                prop_assert!(phase(name) >= 0.0 || phase(name).to_bits() == (-1.0_f64).to_bits(), "{entry}");
            }
            prop_assert!(phase("ssl") <= phase("connect"), "{entry}");
            let sum: f64 = names.iter().map(|name| phase(name).max(0.0)).sum();
            let time = entry["time"].as_f64().unwrap();
            prop_assert!((sum - time).abs() <= 0.001 + sum * 1e-9, "{entry}");
            let started: jiff::Timestamp = entry["startedDateTime"].as_str().unwrap().parse().unwrap();
            if let (Some(connection), true) =
                (entry["connection"].as_str(), entry["response"]["httpVersion"].as_str().unwrap().starts_with("http/1"))
                && sum < 1e9
            {
                let before: f64 = names[..3].iter().map(|name| phase(name).max(0.0)).sum();
                let micros = |ms: f64| super::entry::whole(ms * 1000.0);
                let started = started.as_microsecond();
                let use_ = (started + micros(before), started + micros(time));
                connections.entry(connection.to_owned()).or_default().push(use_);
            }
        }
        for uses in connections.values_mut() {
            uses.sort_unstable();
            prop_assert!(uses.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{uses:?}");
        }
    }
}
