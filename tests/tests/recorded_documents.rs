//! What recordings of real runs give: every field of `request-log` and `console`, and requests of every part of a page.

use canarytrace_tests::mapping::misfits_of;
use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor)
}

/// A run of the page, which must pass.
fn visit(page: &str) -> Finished {
    let run = fixture("visits_a_busy_page").env("PAGE_PATH", page).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run
}

fn text<'d>(document: &'d Value, pointer: &str) -> &'d str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The documents of a dataset, each of which fits its mapping.
fn documents(run: &Finished, dataset: &str) -> Vec<Value> {
    let documents = run.documents(dataset);
    let wrong: Vec<String> = documents.iter().flat_map(|document| misfits_of(dataset, document)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    documents
}

/// The requests whose URL ends so, in the order of their beginning.
fn requests(run: &Finished, end: &str) -> Vec<Value> {
    let mut documents = documents(run, "request-log");
    documents.retain(|document| text(document, "/url").ends_with(end));
    let began = |document: &Value| document["request"]["timestamp"].as_f64().expect("it has a time");
    documents.sort_by(|one, other| began(one).total_cmp(&began(other)));
    documents
}

#[test]
fn a_run_of_the_shop_gives_every_request_and_every_message_of_the_console() {
    let run = fixture("uses_the_shop").env("LABELS", "nightly").env("CANARYTRACE_LOCATION", "lab").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let mut requests = documents(&run, "request-log");
    let place = |document: &Value| {
        let url: url::Url = text(document, "/url").parse().expect("it is a URL");
        let step = ["look at a lamp", "put two into the basket", "tell of it"]
            .iter()
            .position(|title| *title == text(document, "/context"))
            .expect("each request is one of a step");
        (step, url.path().to_owned(), text(document, "/request/method").to_owned())
    };
    requests.sort_by_key(place);
    let console = documents(&run, "console");
    // The second page has the sheet of the first one.
    let sheets: Vec<&Value> = requests.iter().filter(|document| document["request"]["type"] == "Stylesheet").collect();
    let from: Vec<&Value> = sheets.iter().map(|sheet| &sheet["fromMemoryCache"]).collect();
    assert_eq!(from, [false, true], "{sheets:#?}");
    let mut redaction = Redaction::default();
    insta::assert_json_snapshot!("shop-requests", redaction.documents(requests));
    insta::assert_json_snapshot!("shop-console", redaction.documents(console));
    let recording = &run.document("summary", |_| true)["recording"];
    assert!(recording["seen"].as_u64() > Some(50), "{recording}");
    assert_eq!((&recording["kept"], &recording["missed"]), (&recording["seen"], &0.into()));
}

#[test]
fn every_part_of_a_page_is_recorded_once_and_named() {
    let run = visit("/practice/recording/workers");
    let console = documents(&run, "console");
    for (name, kind) in [
        ("dedicated-worker", "worker"),
        ("outer-worker", "worker"),
        ("nested-worker", "worker"),
        ("shared-worker", "shared_worker"),
        ("service-worker", "service_worker"),
        ("other-origin", "iframe"),
    ] {
        let asked = requests(&run, &format!("/practice/recording/echo?from={name}"));
        let [asked] = &asked[..] else { panic!("of {name}: {asked:#?}") };
        assert_eq!((text(asked, "/target/type"), text(asked, "/outcome")), (kind, "finished"), "{asked:#}");
        assert_eq!((text(asked, "/context"), &asked["response"]["status"]), ("visit", &200.into()), "{asked:#}");
        assert!(asked["bodySize"].as_u64() > Some(0), "{asked:#}");
        for (event, said) in [("Runtime.consoleAPICalled", "log"), ("Runtime.exceptionThrown", "exception")] {
            let wanted = format!("Practice {said} from {name}");
            let is_it = |message: &&Value| message["eventType"] == event && text(message, "/text").contains(&wanted);
            let found: Vec<&Value> = console.iter().filter(is_it).collect();
            let [found] = &found[..] else { panic!("{wanted}: {found:#?} {console:#?}") };
            assert_eq!(text(found, "/target/type"), kind, "{found:#}");
        }
    }
    // What a service worker answers never went over the network.
    let answers = requests(&run, "/practice/recording/answer");
    let of_page: Vec<&Value> = answers.iter().filter(|answer| text(answer, "/target/type") == "page").collect();
    let [of_page] = &of_page[..] else { panic!("{answers:#?}") };
    assert_eq!(of_page["response"]["fromServiceWorker"], true, "{of_page:#}");
    let missing = requests(&run, "/assets/missing.js");
    assert!(missing.iter().any(|asked| asked["response"]["status"] == 404), "{missing:#?}");
}

#[test]
fn requests_of_every_kind_say_how_they_ended() {
    let run = visit("/practice/recording/requests");
    let one = |end: &str| requests(&run, end).pop().unwrap_or_else(|| panic!("no request to {end}"));

    let chain = requests(&run, "/practice/recording/redirect/301/302/307");
    let id = text(&chain[0], "/requestId").to_owned();
    let mut chain = documents(&run, "request-log");
    chain.retain(|document| text(document, "/requestId") == id);
    chain.sort_by_key(|document| document["redirectIndex"].as_u64());
    let steps: Vec<_> = chain
        .iter()
        .map(|document| (text(document, "/outcome"), document["response"]["status"].as_u64().unwrap_or_default()))
        .collect();
    let expected = [("redirected", 301), ("redirected", 302), ("redirected", 307), ("finished", 200)];
    assert_eq!(steps, expected, "{chain:#?}");

    // A picture that the same document has already is not asked for again, not even from the memory cache.
    assert_eq!(requests(&run, "/pictures/teapot.svg").len(), 1);
    let kept = requests(&run, "/practice/recording/kept");
    let from: Vec<&Value> = kept.iter().map(|answer| &answer["response"]["fromDiskCache"]).collect();
    assert_eq!(from, [false, true], "{kept:#?}");
    let big = one("/many-headers");
    assert!(big["response"]["headersCount"].as_u64() >= Some(500), "{big:#}");
    assert_eq!(big["response"]["headers"].as_object().map(serde_json::Map::len), Some(200), "{big:#}");

    for (end, outcome, why) in [
        ("//127.0.0.1:2/refused", "failed", "net::ERR_CONNECTION_REFUSED"),
        ("//blocked.invalid/picture.svg", "blocked", "csp"),
        ("/practice/recording/echo?cors=fails", "failed", "MissingAllowOriginHeader"),
        ("/faults/never-answers", "failed", "net::ERR_ABORTED"),
        ("/empty", "failed", "net::ERR_EMPTY_RESPONSE"),
        ("/reset", "failed", "net::ERR_CONNECTION_RESET"),
        ("/torn", "failed", "net::ERR_CONTENT_LENGTH_MISMATCH"),
        ("/bad-chunk", "failed", "net::ERR_INVALID_CHUNKED_ENCODING"),
    ] {
        let document = one(end);
        let reasons = ["/errorText", "/blockedReason", "/corsError"].map(|pointer| text(&document, pointer));
        assert!(text(&document, "/outcome") == outcome && reasons.contains(&why), "{end} {why}: {document:#}");
    }
    let open: Vec<Value> =
        documents(&run, "request-log").into_iter().filter(|document| document["outcome"] == "open").collect();
    assert!(open.is_empty(), "{open:#?}");
}

/// Which of the requests of `asks_two_origins` were traced: to the target, and to the other origin.
fn traced(run: &Finished) -> (Option<String>, Option<String>) {
    assert_eq!(run.code, Some(0), "{run:#?}");
    let requests = requests(run, "/practice/recording/shared");
    let trace = |host: &str| {
        let of_host =
            |document: &&Value| text(document, "/url").contains(host) && document["request"]["method"] == "GET";
        let found: Vec<&Value> = requests.iter().filter(of_host).collect();
        let [found] = &found[..] else { panic!("{host}: {requests:#?}") };
        assert_eq!(found["outcome"], "finished", "{found:#}");
        let header = |name: &str| found["request"]["headers"].get(name).and_then(Value::as_str).map(str::to_owned);
        let id = found["traceId"].as_str().map(str::to_owned);
        let parent = header("traceparent").map(|parent| parent[3..35].to_owned());
        assert_eq!(parent, id, "{found:#}");
        id.map(|id| header("x-trace").map_or_else(|| format!("none: {found:#}"), |named| named.replace(&id, "same")))
    };
    (trace("//127.0.0.1:"), trace("//localhost:"))
}

#[test]
fn the_target_is_traced_and_other_origins_only_when_they_are_named() {
    let same = Some("same".to_owned());
    let run = fixture("asks_two_origins").env("TRACE_ID_NAME", "X-Trace").run();
    assert_eq!(traced(&run), (same.clone(), None));
    let named = fixture("asks_two_origins")
        .env("TRACE_ID_NAME", "X-Trace")
        .env("CANARYTRACE_TRACE_URLS", "https://elsewhere.example/** http://localhost:*/practice/**");
    assert_eq!(traced(&named.run()), (same.clone(), same));
    let run = fixture("asks_two_origins")
        .env("TRACE_ID_NAME", "no")
        .env("CANARYTRACE_TRACE_URLS", "http://localhost:*/**")
        .run();
    assert_eq!(traced(&run), (None, None));
}
