//! The page API with the real browser: navigation, scripts, dialogs, windows, downloads, and what a page keeps.
//!
//! A browser takes a second to start: a test is a group of behaviours in one browser.

use std::sync::Arc;
use std::time::Duration;

use canarytrace::browser::launch::{Launched, Notices, launch};
use canarytrace::browser::{Answer, DialogKind, Page, exact, install, regex};
use canarytrace::config::Config;
use canarytrace::record::{Failure, FailureKind, Fault};
use serde_json::{Value, json};
use url::Url;

#[path = "support/server.rs"]
#[expect(dead_code, reason = "shared with tests that look at the requests")]
mod server;

use server::{Answer as Reply, Request, Server};

/// Long enough for a busy machine: only what fails waits so long.
const PATIENT: Duration = Duration::from_secs(30);

/// For what is meant to fail by time.
const SHORT: Duration = Duration::from_millis(700);

struct Tested {
    launched: Launched,
    server: Server,
    page: Page,
    _cache: tempfile::TempDir,
}

impl Tested {
    async fn start(pages: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(pages, |_config| {}).await
    }

    async fn start_with(
        pages: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let cache = tempfile::tempdir().unwrap();
        let mut config = Config::from_parts([], None).expect("the defaults are right");
        let notices: Notices = Arc::new(|_line| {});
        install::ready(&config, &notices).await.expect("a browser is there, or can be installed");
        cache.path().clone_into(&mut config.cache);
        change(&mut config);
        let server = Server::start(pages).await;
        let launched = launch(&config, config.device, &notices).await.expect("the browser starts");
        let page = Page::new(&launched, Some(Url::parse(&server.url("/")).unwrap()), PATIENT).await.unwrap();
        Self { launched, server, page, _cache: cache }
    }

    /// The same page, for what is meant to fail by time.
    fn impatient(&self) -> Page {
        self.page.with_timeout(SHORT)
    }

    async fn close(self) {
        self.launched.close().await;
    }
}

#[track_caller]
fn failed<T: std::fmt::Debug>(result: Result<T, Failure>, kind: FailureKind, fault: Fault) -> String {
    let failure = result.expect_err("this must fail");
    assert_eq!((failure.kind, failure.fault), (kind, fault), "{failure}");
    failure.message
}

#[track_caller]
fn assertion<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
    failed(result, FailureKind::Assertion, Fault::Application)
}

fn titled(title: &str) -> Reply {
    Reply::html(&format!("<!doctype html><title>{title}</title><body>{title}</body>"))
}

#[tokio::test]
async fn scripts_return_typed_values_and_say_what_went_wrong() {
    let csp = "default-src 'none'; script-src 'none'";
    let tested = Tested::start(move |request| match request.path.as_str() {
        "/csp" => titled("strict").header("Content-Security-Policy", csp),
        path => titled(path),
    })
    .await;
    let page = &tested.page;
    page.goto("/csp").await.unwrap();
    // A page's policy is no matter for the monitor.
    let sum: u32 =
        page.evaluate("return arguments[0] + arguments[1] // the sum", vec![json!(2), json!(3)]).await.unwrap();
    assert_eq!(sum, 5);
    page.goto("/").await.unwrap();
    assert_eq!(page.evaluate::<Value>("", vec![]).await.unwrap(), Value::Null);
    assert_eq!(page.evaluate::<Option<u8>>("return undefined", vec![]).await.unwrap(), None);
    assert_eq!(
        page.evaluate::<Value>("return [0/0, 7n, -0, {a: undefined}]", vec![]).await.is_err(),
        true,
        "a bigint is no JSON"
    );
    assert_eq!(page.evaluate::<Value>("return 7n", vec![]).await.unwrap(), json!(7));
    assert_eq!(page.evaluate::<Value>("return 0/0", vec![]).await.unwrap(), Value::Null);
    let text = "\u{2028}</script>\"'`\\ \0 äöü 🦜";
    assert_eq!(page.evaluate::<String>("return arguments[0]", vec![json!(text)]).await.unwrap(), text);
    let slow = "return new Promise(done => setTimeout(() => done({ late: true }), 30))";
    assert_eq!(page.evaluate::<Value>(slow, vec![]).await.unwrap(), json!({ "late": true }));
    let large: String =
        page.evaluate("return arguments[0] + 'x'.repeat(5e6)", vec![json!("y".repeat(5_000_000))]).await.unwrap();
    assert_eq!(large.len(), 10_000_000);

    let thrown = assertion(page.evaluate::<()>("const a = 1;\nthrow new TypeError('no such lamp')", vec![]).await);
    assert_eq!(thrown, "could not run a script in the page: TypeError: no such lamp (line 2 of the script)");
    let rejected = assertion(page.evaluate::<()>("\n\nreturn Promise.reject(new Error('later'))", vec![]).await);
    assert_eq!(rejected, "could not run a script in the page: Error: later (line 3 of the script)");
    let syntax = assertion(page.evaluate::<()>("let a = 1;\nlet 2;", vec![]).await);
    assert!(syntax.contains("SyntaxError: Unexpected number (line 2 of the script)"), "{syntax}");
    let text = assertion(page.evaluate::<()>("throw 'a text'", vec![]).await);
    assert!(text.contains("\"a text\" (line 1 of the script)"), "{text}");
    let circular = assertion(page.evaluate::<Value>("const a = {}; a.a = a; return a", vec![]).await);
    assert!(circular.contains("no JSON, because it contains itself"), "{circular}");
    let mistyped = assertion(page.evaluate::<u32>("return 'lamp'", vec![]).await);
    assert!(mistyped.starts_with("the script returned \"lamp\", which is not what was wanted: "), "{mistyped}");
    let left = failed(
        page.evaluate::<()>("location.href = '/next'; return new Promise(() => {})", vec![]).await,
        FailureKind::Navigation,
        Fault::Application,
    );
    assert!(left.contains("the page opened another one while the script ran"), "{left}");
    page.wait_for_url("/next").await.unwrap();

    let page = tested.impatient();
    let ended = "the script did not end within 700ms (WAIT_FOR_TIMEOUT)";
    let timeout = |result| failed(result, FailureKind::Timeout, Fault::Application);
    assert_eq!(timeout(page.evaluate::<()>("return new Promise(() => {})", vec![]).await), ended);
    assert_eq!(timeout(page.evaluate::<()>("while (true);", vec![]).await), ended);
    assert_eq!(page.title().await.unwrap(), "/next", "the page is usable after an endless loop");
    tested.close().await;
}

#[tokio::test]
async fn dialogs_are_answered_as_the_monitor_says_and_fail_it_when_it_says_nothing() {
    let tested = Tested::start(|request| match request.path.as_str() {
        "/leaves" => {
            Reply::html("<title>leaves</title><body onbeforeunload='return \"sure?\"'><button>x</button></body>")
        }
        "/on-load" => Reply::html("<title>loads</title><script>alert('on load')</script>"),
        path => titled(path),
    })
    .await;
    let page = &tested.page;
    let told = |kind: &str, text: &str| {
        format!(
            "the page opened a dialog ({kind}) that says \"{text}\"; it was dismissed; wait_for_dialog or \
             answer_dialogs says what to do with it"
        )
    };
    // Nobody said what to do.
    let alert = assertion(page.goto("/on-load").await);
    assert_eq!(alert, format!("could not open {}: {}", tested.server.url("/on-load"), told("alert", "on load")));
    assert_eq!(page.title().await.unwrap(), "loads", "it is told once");
    let confirm = assertion(page.evaluate::<bool>("return confirm('really?')", vec![]).await);
    assert_eq!(confirm, format!("could not run a script in the page: {}", told("confirm", "really?")));
    // It may open before or after the script's end is known.
    let soon = page.evaluate::<()>("setTimeout(() => { window.answer = prompt('name?', 'Ada') })", vec![]).await;
    let failure = async {
        let mut failure = soon.err();
        while failure.is_none() {
            failure = page.title().await.err();
        }
        failure.unwrap().message
    };
    assert!(failure.await.ends_with(&told("prompt", "name?")));
    assert_eq!(page.evaluate::<Value>("return window.answer", vec![]).await.unwrap(), Value::Null, "it was dismissed");
    // The driver is not disturbed by what it was told of.
    assert_eq!(page.webdriver().title().await.unwrap(), "loads");

    // One dialog.
    let act = |script: &'static str| page.evaluate::<()>(script, vec![]);
    let dialog = page.wait_for_dialog(Answer::Accept, act("window.answer = confirm('really?')")).await.unwrap();
    assert_eq!((dialog.kind, dialog.message.as_str()), (DialogKind::Confirm, "really?"));
    assert_eq!(dialog.url, tested.server.url("/on-load"));
    assert_eq!(page.evaluate::<bool>("return window.answer", vec![]).await.unwrap(), true);
    page.wait_for_dialog(Answer::Dismiss, act("window.answer = confirm('really?')")).await.unwrap();
    assert_eq!(page.evaluate::<bool>("return window.answer", vec![]).await.unwrap(), false);
    let later = act("setTimeout(() => { window.answer = prompt('name?', 'Ada') }, 50)");
    let dialog = page.wait_for_dialog(Answer::text("Grace"), later).await.unwrap();
    assert_eq!((dialog.kind, dialog.default_text.as_str()), (DialogKind::Prompt, "Ada"));
    let answer = page.wait_for_function::<String>("return window.answer", vec![]).await.unwrap();
    assert_eq!(answer, "Grace");
    page.wait_for_dialog(Answer::Accept, act("window.answer = prompt('name?', 'Ada')")).await.unwrap();
    assert_eq!(page.evaluate::<String>("return window.answer", vec![]).await.unwrap(), "Ada");

    // All dialogs.
    page.answer_dialogs(Answer::Accept);
    assert!(page.evaluate::<bool>("return confirm('a') && confirm('b')", vec![]).await.unwrap());
    page.fail_on_dialogs();
    assertion(page.evaluate::<bool>("return confirm('c')", vec![]).await);
    let seen: Vec<String> = page.dialogs().into_iter().map(|dialog| dialog.message).collect();
    let expected = ["on load", "really?", "name?", "really?", "really?", "name?", "name?", "a", "b", "c"];
    assert_eq!(seen, expected);

    // Leaving a page that asks whether it may be left: the driver's click is what the browser wants to have seen.
    page.goto("/leaves").await.unwrap();
    page.find(canarytrace::css("button")).click().await.unwrap();
    page.goto("/").await.unwrap();
    assert_eq!(page.dialogs().last().unwrap().kind, DialogKind::BeforeUnload);

    let none = assertion(tested.impatient().wait_for_dialog(Answer::Accept, async { Ok(()) }).await);
    assert_eq!(none, "expected the page to open a dialog, but it opened none; waited 700ms (WAIT_FOR_TIMEOUT)");
    let failure = page.wait_for_dialog(Answer::Accept, async { Err::<(), _>(Failure::harness("no click")) }).await;
    assert_eq!(failure.unwrap_err().message, "no click");
    assertion(page.evaluate::<()>("alert('not waited for any more')", vec![]).await);
    tested.close().await;
}
