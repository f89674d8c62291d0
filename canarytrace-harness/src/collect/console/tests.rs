use super::*;

fn document(method: &str, params: &Value) -> Console {
    let text = json!({ "method": method, "params": params }).to_string();
    console(&Message::parse(&text).unwrap(), &Sessions::default(), Some("a step")).expect("it is of the console")
}

fn call(kind: &str, args: &Value) -> Console {
    document("Runtime.consoleAPICalled", &json!({ "type": kind, "args": args }))
}

fn text(args: &Value) -> String {
    call("log", args).text
}

fn string(text: &str) -> Value {
    json!({ "type": "string", "value": text })
}

#[test]
fn the_deprecated_domain_ranks_its_messages_in_other_words() {
    let message =
        json!({ "source": "console-api", "level": "log", "text": "said", "url": "http://a/", "line": 3, "column": 4 });
    let said = document("Console.messageAdded", &json!({ "message": message }));
    assert_eq!(
        (said.event_type, said.level.as_deref(), said.text.as_str()),
        ("Console.messageAdded", Some("info"), "said")
    );
    // This domain counts from 1 already.
    assert_eq!((said.line, said.column, said.context.as_deref()), (Some(3), Some(4), Some("a step")));
}

#[test]
fn specifiers_take_arguments_while_there_are_any() {
    let number = json!({ "type": "number", "value": 5, "description": "5" });
    assert_eq!(text(&json!([string("%s is %d%"), string("a"), number, string("b")])), "a is 5% b");
    assert_eq!(text(&json!([string("%d and %s"), string("a")])), "NaN and %s");
    assert_eq!(text(&json!([string("%c%x%%"), string("color: red"), string("ü")])), "%x% ü");
    assert_eq!(text(&json!([string("%%")])), "%%");
    assert_eq!(text(&json!([])), "");
}

#[test]
fn values_without_a_preview_are_their_description() {
    let object = json!({ "type": "object", "className": "Object", "description": "Object" });
    let odd = json!({ "type": "object", "preview": { "type": "object", "properties": "none", "entries": 5 } });
    let function =
        json!({ "type": "function", "description": format!("function named() {{\n{}}}", "x".repeat(100_000)) });
    assert_eq!(text(&json!([object, odd, function, { "type": "new kind" }, 5])), "Object  {} ƒ named() { ");
}

#[test]
fn previews_that_go_deeper_than_the_browsers_end() {
    let mut preview = json!({ "type": "object", "description": "Deep", "properties": [] });
    for _ in 0..20 {
        let property = json!({ "name": "p", "type": "object", "value": "Deep", "valuePreview": preview });
        preview = json!({ "type": "object", "description": "Deep", "properties": [property] });
    }
    assert_eq!(text(&json!([{ "type": "object", "preview": preview }])), "Deep {p: Deep {p: Deep {p: Deep}}}");
}

#[test]
fn a_message_of_any_size_makes_a_document_of_bounded_size() {
    let long = string(&"ü".repeat(20_000));
    let frame =
        json!({ "functionName": "f".repeat(2000), "url": "u".repeat(2000), "lineNumber": 1, "columnNumber": 1 });
    let frames = vec![frame; 200];
    let mut stack = json!({ "callFrames": frames });
    for _ in 0..20 {
        stack = json!({ "callFrames": frames, "description": "await", "parent": stack });
    }
    let params = json!({ "type": "error", "args": vec![long; 100], "stackTrace": stack });
    let console = document("Runtime.consoleAPICalled", &params);
    assert_eq!((console.text.len(), console.args_count), (TEXT, Some(100)));
    assert_eq!(console.args.as_ref().unwrap().len(), MOST_ARGS);
    // A hundred texts of two bytes a character, with blanks between them.
    let whole = console.truncated.as_ref().unwrap().iter().find(|cut| cut.field == "text").unwrap();
    assert_eq!(whole.bytes, 100 * 40_000 + 99);
    let stack = console.stack_trace.as_ref().unwrap();
    assert_eq!(stack["callFrames"].as_array().unwrap().len(), MOST_FRAMES);
    assert_eq!(stack["omittedFrames"], 200 - MOST_FRAMES);
    assert_eq!(stack["parent"]["callFrames"].as_array().unwrap().len(), MOST_FRAMES_OF_PARENT);
    assert_eq!(stack.pointer(&"/parent".repeat(MOST_PARENTS + 1)), Some(&json!({ "omitted": true })));
    assert!(serde_json::to_string(&console).unwrap().len() < 256 * 1024);
}

#[test]
fn what_the_message_has_in_other_types_is_left_out() {
    let console = document(
        "Runtime.consoleAPICalled",
        &json!({ "type": 5, "args": "none", "timestamp": "now", "stackTrace": [] }),
    );
    assert_eq!((console.text.as_str(), console.kind, console.event_timestamp), ("", None, None));
    let thrown = json!({ "exceptionDetails": { "text": "Uncaught", "lineNumber": 4, "exception": { "type": "string", "value": "a" } } });
    let console = document("Runtime.exceptionThrown", &thrown);
    assert_eq!((console.text.as_str(), console.line, console.url), ("Uncaught a", Some(5), None));
    let nothing = json!({ "method": "Runtime.exceptionThrown", "params": { "exceptionDetails": 5 } }).to_string();
    assert!(super::console(&Message::parse(&nothing).unwrap(), &Sessions::default(), None).is_none());
}
