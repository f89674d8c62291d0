use serde_json::{Value, json};

use super::*;

fn read(message: &Value) -> Message<'static> {
    Message::parse(&message.to_string()).unwrap().into_owned()
}

#[test]
fn what_is_read_is_written_as_it_came() {
    let message = json!({
        "method": "Network.requestWillBeSent",
        "params": {
            "requestId": "1", "timestamp": 12.5, "wallTime": 1_700_000_000,
            "request": { "url": "http://a/\n", "headers": { "B": "1", "a": "2" } },
            "redirectResponse": { "status": 302, "timing": { "requestTime": 1.0, "sendStart": -1 } },
        },
        "sessionId": "S",
    });
    assert_eq!(serde_json::to_value(read(&message)).unwrap(), message);
}

#[test]
fn a_field_of_another_type_is_kept_and_spoils_no_other() {
    let params = json!({ "requestId": 7, "dataLength": "many", "encodedDataLength": 3, "timestamp": { "new": [1] } });
    let message = json!({ "method": "Network.dataReceived", "params": params });
    let read = read(&message);
    let Event::DataReceived(data) = &read.event else { panic!("{read:?}") };
    assert_eq!(data.encoded_data_length.integer(), Some(3));
    assert_eq!(data.request_id.get(), None);
    assert_eq!(serde_json::to_value(&read).unwrap(), message);
}

#[test]
fn what_is_new_or_has_no_object_for_parameters_is_no_error() {
    for message in [
        json!({ "method": "Network.dataReceived", "params": [1, 2] }),
        json!({ "method": "Network.neverHeardOf", "params": { "a": 1 } }),
        json!({ "method": "Network.dataReceived" }),
        json!({ "id": 1, "result": {} }),
        json!({ "method": 5, "params": null }),
    ] {
        assert_eq!(read(&message).event, Event::Other, "{message}");
    }
}

#[test]
fn parameters_may_come_before_the_method() {
    let read = Message::parse(r#"{"params":{"requestId":"1"},"source":{"a":1},"method":"Network.loadingFinished"}"#);
    let Ok(Message { event: Event::LoadingFinished(finished), .. }) = read else { panic!("{read:?}") };
    assert_eq!(finished.request_id.text(), "1");
}

#[test]
fn unpaired_surrogates_become_replacement_characters() {
    let text = r#"{"method":"Page.frameAttached","params":{"frameId":"\ud83d\ude00 \ud83d \\ud83d \ude00\ud83d"}}"#;
    let Event::FrameAttached(frame) = Message::parse(text).unwrap().event else { panic!() };
    assert_eq!(frame.frame_id.text(), "\u{1F600} \u{FFFD} \\ud83d \u{FFFD}\u{FFFD}");
}

#[test]
fn an_array_is_read_message_by_message() {
    let mut methods = Vec::new();
    let text = r#"[{"method":"A.b","params":{}}, {"method":"Network.loadingFailed","params":{"requestId":"1"}}]"#;
    Message::parse_list(text, |message| methods.push(message.method.to_string())).unwrap();
    assert_eq!(methods, ["A.b", "Network.loadingFailed"]);
    for (wrong, why) in [
        (r#"[{"method":"A.b"},{"method":}]"#, "expected value at line 1 column 29"),
        (r#"[{"method":"A.b"}"#, "EOF while parsing a list at line 1 column 17"),
        ("[{}]\n,", "trailing characters at line 2 column 1"),
    ] {
        let mut read = 0;
        assert_eq!(Message::parse_list(wrong, |_| read += 1).unwrap_err().to_string(), why);
        assert_eq!(read, 1, "{wrong}");
    }
}

#[test]
fn what_is_read_later_is_what_came() {
    let text = r#"{"method":"Network.requestWillBeSent","params":{"request":{"headers": {"a": "\ud83d!", "b" : 1}},
        "initiator":{"type":"script","stack":{"parent":{"callFrames":[{"url":"p"}]},"new":[[]],
        "callFrames":[{"url":"1\n"},{"url":"2"}]}}}}"#;
    for message in [Message::parse(text).unwrap(), Message::parse(text).unwrap().into_owned()] {
        let Event::RequestWillBeSent(sent) = &message.event else { panic!("{message:?}") };
        let headers = sent.request.get().unwrap().headers.get().unwrap().read();
        assert_eq!(headers.value("a"), Some("\u{FFFD}!"));
        assert_eq!(headers.0[1], ("b".into(), Field::Odd(Box::new(1.into()))));
        let stack = sent.initiator.get().unwrap().stack.get().unwrap();
        assert_eq!(stack.first_call().unwrap().url.text(), "1\n");
        let read = stack.read();
        assert_eq!(read.call_frames.get().unwrap().len(), 2);
        let json = serde_json::to_value(&message).unwrap();
        assert_eq!(json["params"]["initiator"]["stack"]["parent"], json!({ "callFrames": [{ "url": "p" }] }));
        assert!(json["params"]["initiator"]["stack"].get("new").is_none());
    }
}

#[test]
fn what_would_be_read_later_may_be_of_another_type() {
    let params = json!({ "request": { "headers": ["a"] }, "initiator": { "type": "script", "stack": "none" } });
    let message = json!({ "method": "Network.requestWillBeSent", "params": params });
    let read = read(&message);
    let Event::RequestWillBeSent(sent) = &read.event else { panic!("{read:?}") };
    assert!(sent.request.get().unwrap().headers.get().is_none());
    assert_eq!(serde_json::to_value(&read).unwrap(), message);
}
