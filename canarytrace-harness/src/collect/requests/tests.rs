use serde_json::json;

use super::*;
use crate::devtools::exchange::{Body, WebSocket};
use crate::devtools::protocol::network::LoadingFailed;
use crate::devtools::protocol::{Event, IntoOwned, Message};

/// The request of `Network.requestWillBeSent`.
#[expect(clippy::needless_pass_by_value, reason = "tests read better without a reference to each literal")]
fn asked(request: Value) -> Exchange<'static> {
    let text = json!({ "method": "Network.requestWillBeSent", "params": { "request": request } }).to_string();
    let Event::RequestWillBeSent(mut sent) = Message::parse(&text).unwrap().event.into_owned() else { panic!() };
    Exchange { request: *sent.request.take().unwrap(), ..Exchange::default() }
}

/// With the response of `Network.responseReceived`.
#[expect(clippy::needless_pass_by_value, reason = "tests read better without a reference to each literal")]
fn answered(response: Value) -> Exchange<'static> {
    let text = json!({ "method": "Network.responseReceived", "params": { "response": response } }).to_string();
    let Event::ResponseReceived(mut received) = Message::parse(&text).unwrap().event.into_owned() else { panic!() };
    Exchange { response: received.response.take(), ..asked(json!({ "url": "https://a/" })) }
}

#[expect(clippy::needless_pass_by_value, reason = "tests read better without a reference to each literal")]
fn failed(failure: Value) -> Exchange<'static> {
    let text = json!({ "method": "Network.loadingFailed", "params": failure }).to_string();
    let Event::LoadingFailed(failed) = Message::parse(&text).unwrap().event.into_owned() else { panic!() };
    let failed: Box<LoadingFailed<'static>> = failed;
    Exchange { end: End::Failed(failed), ..asked(json!({ "url": "https://a/" })) }
}

fn document(exchange: &Exchange<'_>) -> Value {
    serde_json::to_value(request_log(exchange, &Around::default())).unwrap()
}

fn picked(path: &str, content_type: &str, body: &str) -> Option<String> {
    let path = path.parse().unwrap();
    let exchange = asked(json!({ "headers": { "Content-Type": content_type }, "postData": body }));
    request_log(&exchange, &Around { post_data_path: Some(&path), ..Around::default() }).request.post_data_parsed
}

#[test]
fn what_the_path_leads_to_in_a_body_is_picked() {
    let json = r#"{"data":[{"user":{"id":7,"name":"Ada"}}]}"#;
    assert_eq!(picked("data[0].user.id", "application/json", json).as_deref(), Some("7"));
    assert_eq!(picked("data[0].user.name", "text/plain;charset=UTF-8", json).as_deref(), Some("Ada"));
    assert_eq!(picked("data[0].user", "application/json", json).as_deref(), Some(r#"{"id":7,"name":"Ada"}"#));
    assert_eq!(picked(".other", "application/json", json), None);
    assert_eq!(picked(".other", "application/json", "{broken"), None);
    let form = "title=a+b&tag=x&tag=%C3%BC";
    assert_eq!(picked(".title", "application/x-www-form-urlencoded;charset=UTF-8", form).as_deref(), Some("a b"));
    assert_eq!(picked("tag[1]", "application/x-www-form-urlencoded", form).as_deref(), Some("ü"));
}

#[test]
fn the_outcome_says_how_a_request_ended() {
    let outcome = |end| document(&Exchange { end, ..asked(json!({ "url": "https://a/" })) })["outcome"].clone();
    assert_eq!(outcome(End::Open), "open");
    assert_eq!(outcome(End::Redirected { at: 1.0 }), "redirected");
    assert_eq!(outcome(End::Finished { at: 1.0, encoded: 2.0 }), "finished");
    assert_eq!(outcome(End::Closed { at: 1.0 }), "closed");

    let refused = document(&failed(json!({ "errorText": "net::ERR_CONNECTION_REFUSED", "canceled": false })));
    assert_eq!((&refused["outcome"], &refused["canceled"]), (&json!("failed"), &json!(false)));
    assert_eq!(refused["errorText"], "net::ERR_CONNECTION_REFUSED");
    let blocked = document(&failed(json!({ "errorText": "", "blockedReason": "csp" })));
    assert_eq!((&blocked["outcome"], &blocked["blockedReason"]), (&json!("blocked"), &json!("csp")));
    assert!(blocked.get("errorText").is_none());
    let cors =
        json!({ "errorText": "net::ERR_FAILED", "corsErrorStatus": { "corsError": "MissingAllowOriginHeader" } });
    assert_eq!(document(&failed(cors))["corsError"], "MissingAllowOriginHeader");
}

#[test]
fn the_connection_is_told_with_its_certificate() {
    let mut exchange = answered(json!({
        "status": 200, "remoteIPAddress": "[2001:db8::1]", "remotePort": 443, "protocol": "h2", "connectionId": 70_000,
        "securityState": "secure", "encodedDataLength": 100, "timing": { "requestTime": 5.5, "sslStart": 1.25 },
        "securityDetails": { "protocol": "TLS 1.3", "cipher": "AES_128_GCM", "subjectName": "a", "issuer": "CA",
            "validFrom": 1_700_000_000, "validTo": 1_800_000_000 },
    }));
    exchange.end = End::Finished { at: 6.0, encoded: 4100.0 };
    exchange.body = Body { decoded: 9000, ..Body::default() };
    let document = document(&exchange);
    assert_eq!(document["response"]["remoteIPAddress"], "2001:db8::1");
    assert_eq!(document["response"]["timing"], json!({ "requestTime": 5.5, "sslStart": 1.25 }));
    assert_eq!(document["response"]["totalEncodedDataLength"], 4100);
    assert_eq!(document["bodySize"], 9000);
    let tls = json!({ "protocol": "TLS 1.3", "cipher": "AES_128_GCM", "subject": "a", "issuer": "CA",
        "validFrom": 1_700_000_000_000_i64, "validTo": 1_800_000_000_000_i64 });
    assert_eq!(document["tls"], tls);
}

#[test]
fn an_answer_without_an_address_or_a_length_has_none() {
    let mut exchange =
        answered(json!({ "status": 200, "remoteIPAddress": "", "remotePort": 0, "encodedDataLength": -1 }));
    exchange.end = End::Finished { at: 6.0, encoded: -1.0 };
    let response = &document(&exchange)["response"];
    for name in ["remoteIPAddress", "remotePort", "encodedDataLength", "totalEncodedDataLength"] {
        assert!(response.get(name).is_none(), "{name}: {response}");
    }
}

#[test]
fn headers_of_any_form_become_names_in_lower_case_with_texts() {
    let exchange =
        answered(json!({ "headers": { "Content-Type": "text/css", "X.Y": "1", "x.y": "2", "Age": 5, "": "odd" } }));
    let headers = json!({ "content-type": "text/css", "x_y": "1\n2", "age": "5" });
    assert_eq!(document(&exchange)["response"]["headers"], headers);
}

#[test]
fn a_trace_id_is_that_of_the_named_header_or_of_traceparent() {
    let id = |headers: Value| {
        let around = Around { trace_id_name: Some("canary-trace-id"), ..Around::default() };
        request_log(&asked(json!({ "headers": headers })), &around).trace_id
    };
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(id(json!({ "Canary-Trace-Id": "abc", "traceparent": parent })).as_deref(), Some("abc"));
    assert_eq!(id(json!({ "traceparent": parent })).as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!(id(json!({ "traceparent": "00-00000000000000000000000000000000-00f067aa0ba902b7-01" })), None);
    assert_eq!(id(json!({ "traceparent": "odd" })), None);
}

#[test]
fn very_long_values_are_cut_and_say_how_long_they_were() {
    let long = "x".repeat(1_000_000);
    let url = format!("https://a/?{long}");
    let exchange =
        asked(json!({ "url": url, "method": long, "headers": { "A": long, "B": long, "C": long }, "postData": long }));
    let document = document(&exchange);
    assert_eq!(document["url"].as_str().unwrap().len(), LONG);
    assert_eq!(document["request"]["headers"]["a"].as_str().unwrap().len(), LONG);
    assert_eq!(document["request"]["headers"]["c"], "");
    let truncated = document["truncated"].as_array().unwrap();
    for (field, bytes) in [
        ("url", url.len()),
        ("request.method", 1_000_000),
        ("request.headers.c", 1_000_000),
        ("request.postData", 1_000_000),
    ] {
        assert!(truncated.contains(&json!({ "field": field, "bytes": bytes })), "{field}: {truncated:?}");
    }
    assert!(document.to_string().len() < 256 * 1024);

    let data = format!("data:text/plain,{long}");
    assert_eq!(self::document(&asked(json!({ "url": data })))["url"].as_str().unwrap().len(), DATA_URL);
}

#[test]
fn more_headers_than_anybody_sends_are_counted() {
    let headers: Map<String, Value> = (0..1000).map(|number| (format!("h{number}"), json!("v"))).collect();
    let document = document(&asked(json!({ "headers": headers })));
    assert_eq!(document["request"]["headers"].as_object().unwrap().len(), MOST_HEADERS);
    assert_eq!(document["request"]["headersCount"], 1000);
}

#[test]
fn a_web_socket_tells_what_went_over_it() {
    let socket = WebSocket {
        sent: Frames { count: 2, bytes: 10 },
        received: Frames { count: 1, bytes: 4 },
        errors: vec!["broken".into()],
        ..WebSocket::default()
    };
    let exchange = Exchange { web_socket: Some(socket), ..asked(json!({ "url": "wss://a/" })) };
    let expected =
        json!({ "sent": { "count": 2, "bytes": 10 }, "received": { "count": 1, "bytes": 4 }, "errors": ["broken"] });
    assert_eq!(document(&exchange)["webSocket"], expected);
}

#[test]
fn a_request_of_a_script_begins_where_the_script_called() {
    let text = json!({ "method": "Network.requestWillBeSent", "params": { "initiator": { "type": "script", "stack": {
        "callFrames": [{ "functionName": "native", "url": "" }],
        "parent": { "callFrames": [{ "url": "https://a/a.js", "lineNumber": 3, "columnNumber": 4 }] },
    } } } });
    let text = text.to_string();
    let Event::RequestWillBeSent(mut sent) = Message::parse(&text).unwrap().event.into_owned() else { panic!() };
    let exchange = Exchange { initiator: sent.initiator.take().unwrap(), ..Exchange::default() };
    let expected = json!({ "type": "script", "url": "https://a/a.js", "lineNumber": 3, "columnNumber": 4 });
    assert_eq!(document(&exchange)["request"]["initiator"], expected);
}

#[test]
fn what_the_message_has_in_other_types_is_left_out() {
    let document = document(&answered(json!({ "status": "fine", "remotePort": {}, "headers": [], "protocol": 3 })));
    assert_eq!(document["response"], json!({ "requestId": "", "headers": {}, "headersCount": 0 }));
}
