//! The page API with the real browser: navigation, scripts, dialogs, windows, downloads, and what a page keeps.
//!
//! A browser takes a second to start: a test is a group of behaviours in one browser.

use std::sync::Arc;
use std::time::Duration;

use canarytrace::browser::install;
use canarytrace::browser::launch::{Launched, Notices, launch};
use canarytrace::config::Config;
use canarytrace::page::{
    Answer, Cookie, DialogKind, HeroMark, Page, Permission, Role, SameSite, any, console, exact, regex, role, title,
};
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
    assertion(page.evaluate::<Value>("return [7n]", vec![]).await);
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
        "/asks" => Reply::html("<title>asks</title><button onclick='this.textContent = confirm(`buy?`)'>x</button>"),
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
    assert!(page.evaluate::<bool>("return window.answer", vec![]).await.unwrap());
    page.wait_for_dialog(Answer::Dismiss, act("window.answer = confirm('really?')")).await.unwrap();
    assert!(!page.evaluate::<bool>("return window.answer", vec![]).await.unwrap());
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

    // Of the driver's doing: it neither hangs nor loses or repeats a click.
    page.goto("/asks").await.unwrap();
    let button = page.find(canarytrace::css("button"));
    let dialog = page.wait_for_dialog(Answer::Accept, button.click()).await.unwrap();
    assert_eq!((dialog.message.as_str(), button.text().await.unwrap().as_str()), ("buy?", "true"));
    page.answer_dialogs(Answer::Dismiss);
    let before = page.dialogs().len();
    for _ in 0..5 {
        button.click().await.unwrap();
    }
    assert_eq!(button.text().await.unwrap(), "false");
    assert_eq!(page.dialogs().len(), before + 5);
    page.fail_on_dialogs();
    let mut unexpected = button.click().await.err();
    while unexpected.is_none() {
        unexpected = button.text().await.err();
    }
    assert!(unexpected.unwrap().message.contains(&told("confirm", "buy?")));

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

/// An address whose connections are taken and never answered.
fn silent_address() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn pages_are_opened_left_and_waited_for() {
    let (_listener, silent) = silent_address();
    let picture = silent.clone();
    let tested = Tested::start(move |request| match request.path.as_str() {
        "/empty-404" => Reply::status(404),
        "/204" => Reply::status(204),
        "/file" => Reply::status(200).header("Content-Disposition", "attachment; filename=a.txt").body("a"),
        "/redirect" => Reply::status(302).header("Location", "/landed?x=1"),
        "/unfinished" => Reply::html(&format!("<title>unfinished</title><img src='{picture}'>")),
        "/slow-title" => {
            Reply::html("<title>a</title><script>setTimeout(() => { document.title = 'Lamp 42' }, 80)</script>")
        }
        path => titled(path),
    })
    .await;
    let page = &tested.page;
    let url = |path: &str| tested.server.url(path);
    let first = page.goto("/one").await.unwrap();
    assert_eq!((first.url.as_str(), first.status), (url("/one").as_str(), Some(200)));
    assert!(first.load_event_end.unwrap() > 0.0);
    let redirected = page.goto("/redirect").await.unwrap();
    assert_eq!((redirected.url, redirected.status), (url("/landed?x=1"), Some(200)));
    assert_eq!(page.url().await.unwrap(), url("/landed?x=1"));

    // The history.
    assert_eq!(page.back().await.unwrap().url, url("/one"));
    assert_eq!(page.title().await.unwrap(), "/one");
    assert_eq!(page.forward().await.unwrap().url, url("/landed?x=1"));
    let end = failed(page.forward().await, FailureKind::Navigation, Fault::Application);
    assert_eq!(end, "could not go forward: the history of this window ends here");
    page.evaluate::<()>("window.marked = true; history.pushState(null, '', '/pushed')", vec![]).await.unwrap();
    page.back().await.unwrap();
    assert_eq!(page.url().await.unwrap(), url("/landed?x=1"));
    assert!(page.evaluate::<bool>("return window.marked", vec![]).await.unwrap(), "within the document");
    page.reload().await.unwrap();
    assert_eq!(page.evaluate::<Value>("return window.marked", vec![]).await.unwrap(), Value::Null);
    page.goto("/landed?x=1#part").await.unwrap();
    page.goto("about:blank").await.unwrap();
    assert_eq!((page.url().await.unwrap().as_str(), page.title().await.unwrap().as_str()), ("about:blank", ""));

    // What is no page.
    let missing = failed(page.goto("/empty-404").await, FailureKind::HttpStatus, Fault::Application);
    assert!(missing.starts_with(&format!("{} answered 404", url("/empty-404"))), "{missing}");
    assert_eq!(page.navigate("/empty-404").await.unwrap().status, Some(404));
    let nothing = failed(page.goto("/204").await, FailureKind::Navigation, Fault::Application);
    assert!(nothing.ends_with("it answered 204, which is no page"), "{nothing}");
    let file = failed(page.goto("/file").await, FailureKind::Navigation, Fault::Application);
    assert!(file.ends_with("it is a file to be downloaded; wait_for_download takes it"), "{file}");

    // Waiting.
    page.goto("/slow-title").await.unwrap();
    page.wait_for_title("Lamp").await.unwrap();
    page.wait_for_title(regex("^Lamp [0-9]+$")).await.unwrap();
    page.evaluate::<()>("setTimeout(() => { location.href = '/next?q=1' }, 50)", vec![]).await.unwrap();
    page.wait_for_url(regex("/next\\?q=\\d$")).await.unwrap();
    page.wait_for_url(exact(url("/next?q=1"))).await.unwrap();
    page.wait_for_load().await.unwrap();
    let count: u32 = page
        .wait_for_function(
            "window.count = (window.count || 0) + 1; return count > arguments[0] ? count : 0",
            vec![json!(2)],
        )
        .await
        .unwrap();
    assert_eq!(count, 3);
    let hasty = tested.impatient();
    let limit = "; waited 700ms (WAIT_FOR_TIMEOUT)";
    let never = assertion(hasty.wait_for_url("/paid").await);
    assert_eq!(never, format!("expected the URL to contain \"/paid\", but it was \"{}\"{limit}", url("/next?q=1")));
    let never = assertion(hasty.wait_for_title(regex("^Paid")).await);
    assert_eq!(never, format!("expected the title to fit regex \"^Paid\", but it was \"/next?q=1\"{limit}"));
    let never = assertion(hasty.wait_for_function::<u32>("return 0", vec![]).await);
    assert_eq!(never, format!("expected the function to return something true, but it returned 0{limit}"));
    let wrong = failed(page.wait_for_url(regex("(")).await, FailureKind::Assertion, Fault::Harness);
    assert!(
        wrong.contains("regex \"(\" is no regular expression of JavaScript: Invalid regular expression"),
        "{wrong}"
    );

    // What never ends; the page is usable afterwards.
    let timeout = |result: Result<_, Failure>| failed(result, FailureKind::Timeout, Fault::Application);
    let unanswered = timeout(hasty.goto(&silent).await);
    assert_eq!(unanswered, format!("{silent}: no answer within 700ms (WAIT_FOR_TIMEOUT)"));
    assert_eq!(page.title().await.unwrap(), "/next?q=1");
    let unfinished = timeout(hasty.goto("/unfinished").await);
    let expected = "did not finish loading within 700ms (WAIT_FOR_TIMEOUT); still loading (1): ";
    assert_eq!(unfinished, format!("{} {expected}{silent}", url("/unfinished")));
    assert_eq!(page.title().await.unwrap(), "unfinished");
    tested.close().await;
}

#[tokio::test]
async fn windows_are_pages_of_their_own_and_prepared_like_the_first() {
    let tested = Tested::start_with(
        |request| match request.path.as_str() {
            "/closes" => Reply::html("<title>closes</title><script>setTimeout(() => window.close(), 50)</script>"),
            "/alerts" => Reply::html("<title>alerts</title><script>alert('hello')</script>"),
            "/" => Reply::html(
                "<title>first</title><a id=a target=_blank href=/second>x</a><a id=b target=_blank rel=opener \
                 href=/closes>y</a>",
            ),
            path => titled(path),
        },
        |config| {
            config.headers = vec![("X-Canary".to_owned(), "sings".to_owned())];
            config.timezone = Some("Asia/Tokyo".to_owned());
        },
    )
    .await;
    let page = &tested.page;
    page.goto("/").await.unwrap();
    // A link without an opener, clicked by the driver.
    let second = page.wait_for_window(page.find(canarytrace::css("#a")).click()).await.unwrap();
    second.wait_for_load().await.unwrap();
    assert_eq!(second.title().await.unwrap(), "/second");
    assert_eq!(tested.server.request("/second").await.header("x-canary"), Some("sings"), "from its first request on");
    assert_eq!(second.evaluate::<i32>("return new Date(0).getTimezoneOffset()", vec![]).await.unwrap(), -540);
    // Both can be used in turn, over DevTools and by the driver; the one that is used is drawn.
    let frame = "return new Promise(done => requestAnimationFrame(() => done(document.title)))";
    for _ in 0..2 {
        assert_eq!(page.evaluate::<String>(frame, vec![]).await.unwrap(), "first");
        assert_eq!(second.evaluate::<String>(frame, vec![]).await.unwrap(), "/second");
        assert_eq!(page.find(canarytrace::css("#a")).text().await.unwrap(), "x");
        assert_eq!(second.find(canarytrace::css("body")).text().await.unwrap(), "/second");
    }
    second.goto("/third").await.unwrap();
    let titles = |pages: Vec<Page>| async move {
        let mut titles = Vec::new();
        for page in pages {
            titles.push(page.title().await.unwrap());
        }
        titles
    };
    assert_eq!(titles(page.windows()).await, ["first", "/third"]);
    let new = page.new_window().await.unwrap();
    assert_eq!(new.url().await.unwrap(), "about:blank");
    new.goto("/fourth").await.unwrap();
    assert_eq!(titles(page.windows()).await, ["first", "/third", "/fourth"]);
    assert_eq!(tested.server.request("/fourth").await.header("x-canary"), Some("sings"));

    // Closed by the monitor, by its page, and used afterwards.
    new.close().await.unwrap();
    assert!(new.is_closed());
    new.close().await.unwrap();
    let gone = |result| failed(result, FailureKind::Navigation, Fault::Application);
    let shown = tested.server.url("/fourth");
    let closed = format!("the window that showed {shown} was closed by the monitor");
    assert_eq!(gone(new.title().await), format!("could not read the title: {closed}"));
    assert!(gone(new.find(canarytrace::css("body")).text().await).ends_with(&closed));
    let popup = page.wait_for_window(page.find(canarytrace::css("#b")).click()).await.unwrap();
    popup.wait_for_close().await.unwrap();
    let text = gone(popup.title().await);
    assert!(
        text.ends_with(&format!("the window that showed {} was closed by its page", tested.server.url("/closes"))),
        "{text}"
    );
    assert_eq!(page.find(canarytrace::css("#a")).text().await.unwrap(), "x", "the first window lives on");

    // Dialogs belong to their window.
    let alerts = page.wait_for_window(page.evaluate::<()>("window.open('/alerts')", vec![])).await.unwrap();
    let alert = async {
        loop {
            if let Err(failure) = alerts.title().await {
                return failure.message;
            }
        }
    };
    assert!(alert.await.contains("the page opened a dialog (alert) that says \"hello\""));
    assert_eq!(page.title().await.unwrap(), "first");
    assert_eq!((page.dialogs().len(), alerts.dialogs().len()), (0, 1));

    // The crash of another window is a failure for those who use it only.
    let crashing = page.new_window().await.unwrap();
    let crash = failed(crashing.navigate("chrome://crash").await, FailureKind::BrowserCrash, Fault::Browser);
    assert!(crash.contains("the tab crashed"), "{crash}");
    assert!(failed(crashing.title().await, FailureKind::BrowserCrash, Fault::Browser).contains("the tab crashed"));
    assert_eq!(page.title().await.unwrap(), "first");

    let none = assertion(tested.impatient().wait_for_window(async { Ok(()) }).await);
    assert_eq!(none, "expected the page to open a window, but it opened none; waited 700ms (WAIT_FOR_TIMEOUT)");
    let open = failed(tested.impatient().wait_for_close().await, FailureKind::Timeout, Fault::Application);
    assert_eq!(
        open,
        format!("the window that shows {} is still open after 700ms (WAIT_FOR_TIMEOUT)", tested.server.url("/"))
    );
    tested.close().await;
}

#[tokio::test]
async fn a_dead_browser_and_the_last_window_end_everything_at_once() {
    let tested = Tested::start_with(
        |request| titled(&request.path),
        |config| config.browser_args = vec!["--blink-settings=allowScriptsToCloseWindows=true".to_owned()],
    )
    .await;
    let page = &tested.page;
    page.goto("/").await.unwrap();
    let last = failed(page.close().await, FailureKind::Harness, Fault::Harness);
    assert_eq!(last, "could not close the window: it is the browser's last one");
    let script = "setTimeout(() => window.close(), 50); return new Promise(() => {})";
    let closed = failed(page.evaluate::<()>(script, vec![]).await, FailureKind::Navigation, Fault::Application);
    assert_eq!(closed, "could not run a script in the page: the page closed its own window, the last one");
    tested.close().await;

    let tested = Tested::start(|request| titled(&request.path)).await;
    let page = tested.page.clone();
    page.goto("/").await.unwrap();
    let waiting = [
        tokio::spawn({
            let page = page.clone();
            async move { page.wait_for_dialog(Answer::Accept, async { Ok(()) }).await.map(drop) }
        }),
        tokio::spawn({
            let page = page.clone();
            async move { page.wait_for_window(async { Ok(()) }).await.map(drop) }
        }),
        tokio::spawn({
            let page = page.clone();
            async move { page.wait_for_download(async { Ok(()) }).await.map(drop) }
        }),
        tokio::spawn({
            let page = page.clone();
            async move { page.evaluate::<()>("return new Promise(() => {})", vec![]).await }
        }),
        tokio::spawn({
            let page = page.clone();
            async move { page.wait_for_close().await }
        }),
    ];
    tested.launched.killer().kill_now();
    for result in waiting {
        let failure = result.await.unwrap().expect_err("the browser is dead");
        assert_eq!((failure.kind, failure.fault), (FailureKind::BrowserCrash, Fault::Browser), "{failure}");
    }
    failed(page.title().await, FailureKind::BrowserCrash, Fault::Browser);
    failed(page.clipboard().read().await, FailureKind::BrowserCrash, Fault::Browser);
    tested.close().await;
}

#[tokio::test]
async fn downloads_are_waited_for_and_kept() {
    let large = vec![7_u8; 3_000_000];
    let content = large.clone();
    let tested = Tested::start(move |request| {
        let file =
            |name: &str| Reply::status(200).header("Content-Disposition", &format!("attachment; filename={name}"));
        match request.path.as_str() {
            "/large" => file("large.bin").body(content.clone()),
            "/cut" => file("cut.bin").body(content.clone()).cut(),
            path => Reply::html(&format!(
                "<title>{path}</title><a id=large href=/large>x</a><a id=tab target=_blank href=/large>z</a><a id=cut \
                 href=/cut>y</a><a id=blob download=note.txt>w</a><script>blob.href = URL.createObjectURL(new \
                 Blob(['note']))</script>"
            )),
        }
    })
    .await;
    let page = &tested.page;
    page.goto("/").await.unwrap();
    let click = |id: &str| page.evaluate::<()>("document.getElementById(arguments[0]).click()", vec![json!(id)]);
    let download = page.wait_for_download(click("large")).await.unwrap();
    assert_eq!((download.suggested_filename.as_str(), download.size), ("large.bin", 3_000_000));
    assert_eq!(download.url, tested.server.url("/large"));
    assert!(download.read().await.unwrap() == large, "byte for byte");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("new/copy.bin");
    download.save_as(&copy).await.unwrap();
    assert!(std::fs::read(&copy).unwrap() == large);
    let wrong = failed(download.save_as(copy.join("below-a-file")).await, FailureKind::Harness, Fault::Harness);
    assert!(wrong.starts_with("the download large.bin could not be saved as "), "{wrong}");

    let note = page.wait_for_download(click("blob")).await.unwrap();
    assert_eq!((note.suggested_filename.as_str(), note.read().await.unwrap().as_slice()), ("note.txt", &b"note"[..]));
    let by_url = page.wait_for_download(async { page.goto("/large").await.map(drop).or(Ok(())) }).await.unwrap();
    assert_eq!(by_url.size, 3_000_000);
    let in_tab = page.wait_for_download(page.find(canarytrace::css("#tab")).click()).await.unwrap();
    assert_eq!(in_tab.size, 3_000_000);

    let cut = failed(page.wait_for_download(click("cut")).await, FailureKind::Navigation, Fault::Application);
    assert!(
        cut.starts_with(&format!("the download cut.bin ({}) broke off after ", tested.server.url("/cut"))),
        "{cut}"
    );
    let never = assertion(tested.impatient().wait_for_download(async { Ok(()) }).await);
    assert_eq!(never, "expected the page to download a file, but no download began; waited 700ms (WAIT_FOR_TIMEOUT)");
    tested.close().await;
}

#[tokio::test]
async fn cookies_storage_permissions_and_clipboard_are_the_pages() {
    let tested = Tested::start(|request| {
        titled(&request.path).header("Set-Cookie", "from=server; Path=/; HttpOnly; SameSite=Lax; Max-Age=1000")
    })
    .await;
    let page = &tested.page;
    let early = failed(page.set_cookie(Cookie::new("a", "b")).await, FailureKind::Harness, Fault::Harness);
    assert_eq!(early, "could not set the cookie a: about:blank has no cookies; open a page first, or name a domain");
    let early = failed(page.grant_permissions(&[Permission::Camera]).await, FailureKind::Harness, Fault::Harness);
    assert_eq!(early, "permissions belong to an origin, which about:blank has not: open a page first");
    page.goto("/").await.unwrap();

    let cookie = page.cookie("from").await.unwrap().unwrap();
    assert_eq!((cookie.value.as_str(), cookie.http_only, cookie.same_site), ("server", true, Some(SameSite::Lax)));
    assert!(cookie.expires.is_some() && cookie.domain.as_deref() == Some("127.0.0.1"), "{cookie:?}");
    assert!(!format!("{cookie:?}").contains("server"), "{cookie:?}");
    page.set_cookie(Cookie { path: "/shop".to_owned(), ..Cookie::new("basket", "lamp") }).await.unwrap();
    page.set_cookie(Cookie::new("basket", "chair")).await.unwrap();
    assert_eq!(page.cookie("basket").await.unwrap().unwrap().value, "chair");
    page.goto("/shop/1").await.unwrap();
    assert_eq!(page.evaluate::<String>("return document.cookie", vec![]).await.unwrap(), "basket=lamp; basket=chair");
    let sent = tested.server.request("/shop/1").await;
    assert_eq!(sent.header("cookie"), Some("basket=lamp; from=server; basket=chair"));
    page.delete_cookie("basket").await.unwrap();
    page.delete_cookie("none").await.unwrap();
    assert_eq!(page.cookies().await.unwrap().len(), 1);
    let refused = assertion(page.set_cookie(Cookie::new("__Host-x", "1")).await);
    assert!(refused.starts_with("could not set the cookie __Host-x: "), "{refused}");
    page.clear_cookies().await.unwrap();
    assert_eq!(page.cookies().await.unwrap(), []);

    for storage in [page.local_storage(), page.session_storage()] {
        storage.set("count", "[1, 2]").await.unwrap();
        storage.set("length", "a name of the store itself").await.unwrap();
        assert_eq!(storage.get("none").await.unwrap(), None);
        assert_eq!(storage.get_json::<Vec<u8>>("count").await.unwrap(), Some(vec![1, 2]));
        assert_eq!(storage.get_json::<u8>("none").await.unwrap(), None);
        let wrong = assertion(storage.get_json::<bool>("count").await);
        assert!(wrong.contains("has something else under \"count\" than what was wanted"), "{wrong}");
        let keys: Vec<String> = storage.all().await.unwrap().into_keys().collect();
        assert_eq!(keys, ["count", "length"]);
        storage.remove("count").await.unwrap();
        assert_eq!(storage.all().await.unwrap().len(), 1);
        storage.clear().await.unwrap();
        assert!(storage.all().await.unwrap().is_empty());
    }
    let full = assertion(page.local_storage().set("large", &"x".repeat(6_000_000)).await);
    assert!(full.starts_with("could not write to localStorage: ") && full.contains("quota"), "{full}");

    let ask = "return new Promise(done => navigator.geolocation.getCurrentPosition(\
        ({ coords }) => done([coords.latitude, coords.longitude, coords.accuracy]), error => done([error.code])))";
    page.set_geolocation(50.08, 14.42, 10.0).await.unwrap();
    page.grant_permissions(&[Permission::Geolocation, Permission::Notifications]).await.unwrap();
    assert_eq!(page.evaluate::<Vec<f64>>(ask, vec![]).await.unwrap(), [50.08, 14.42, 10.0]);
    let state = "return navigator.permissions.query({ name: arguments[0] }).then(({ state }) => state)";
    assert_eq!(page.evaluate::<String>(state, vec![json!("notifications")]).await.unwrap(), "granted");
    page.clear_geolocation().await.unwrap();
    failed(page.set_geolocation(91.0, 0.0, 1.0).await, FailureKind::Harness, Fault::Harness);

    page.clipboard().write("a lamp\näöü").await.unwrap();
    assert_eq!(page.clipboard().read().await.unwrap(), "a lamp\näöü");
    let by_page = "return navigator.clipboard.writeText('of the page')";
    page.evaluate::<()>(by_page, vec![]).await.unwrap();
    assert_eq!(page.clipboard().read().await.unwrap(), "of the page");
    page.reset_permissions().await.unwrap();
    assert_ne!(page.evaluate::<String>(state, vec![json!("clipboard-read")]).await.unwrap(), "granted");
    // (Headless Chromium lets every page know the place unless it is told otherwise.)
    assert_ne!(page.evaluate::<String>(state, vec![json!("notifications")]).await.unwrap(), "granted");
    tested.close().await;
}

#[tokio::test]
async fn screenshots_show_what_the_window_shows() {
    let tested = Tested::start(|_request| {
        Reply::html(
            "<!doctype html><title>x</title><body style='margin: 0'><div style='height: 1500px; background: red'></div>\
             <div style='height: 1500px; background: blue'></div>",
        )
    })
    .await;
    let page = &tested.page;
    page.goto("/").await.unwrap();
    let size = |png: &[u8]| {
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    };
    assert_eq!(size(&page.screenshot().await.unwrap()), (1920, 1080));
    let red = page.screenshot_of(10.0, 10.0, 60.0, 40.0).await.unwrap();
    assert_eq!(size(&red), (60, 40));
    assert_eq!(page.screenshot_of(100.0, 600.0, 60.0, 40.0).await.unwrap(), red, "the same colour is the same picture");
    page.evaluate::<()>("scrollTo(0, 1600)", vec![]).await.unwrap();
    let blue = page.screenshot_of(10.0, 10.0, 60.0, 40.0).await.unwrap();
    assert_eq!((size(&blue), blue == red), ((60, 40), false), "places are counted from the window's corner");
    tested.close().await;
}

/// Chromium has names of its own for some roles; a role that it calls by another name would never be found.
#[tokio::test]
async fn every_role_is_found_in_the_accessibility_tree() {
    let tested = Tested::start(|_request| titled("roles")).await;
    let page = &tested.page;
    page.goto("/").await.unwrap();
    // Items have their role only in what they are items of.
    let draw = "const around = { listitem: 'list', option: 'listbox', treeitem: 'tree' }; \
        document.body.innerHTML = arguments[0].map((role) => `<div role=\"${around[role] ?? 'none'}\">\
        <div role=\"${role}\" aria-label=\"a ${role}\" tabindex=\"0\" aria-valuenow=\"1\">x</div></div>`).join('')";
    let names: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
    page.evaluate::<()>(draw, vec![json!(names)]).await.unwrap();
    let mut lost = Vec::new();
    for &wanted in Role::ALL {
        // By any name: some roles take none.
        let found = page.find(role(wanted, any())).texts().await.unwrap();
        if found.is_empty() {
            lost.push(wanted);
        }
    }
    assert_eq!(lost, []);
    tested.close().await;
}

#[tokio::test]
async fn errors_in_the_console_of_any_window_frame_or_worker_are_told_with_their_places() {
    let tested = Tested::start(|request| match request.path.as_str() {
        "/quiet" => Reply::html("<!doctype html><title>quiet</title><link rel=icon href='data:,'><script>console.log('log'); console.warn('warning')</script>"),
        "/loud" => Reply::html("<!doctype html><title>loud</title><link rel=icon href='data:,'><img src=/missing.png>\n<script>console.error('wrong', {a: 1});\nfunction f() { throw new TypeError('no f') } f()</script>"),
        "/worker" => Reply::html("<!doctype html><title>worker</title><link rel=icon href='data:,'><script>const w = new Worker('/worker.js'); w.onmessage = () => document.title = 'done'</script>"),
        "/worker.js" => Reply::status(200).header("Content-Type", "text/javascript").body("console.error('in the worker'); postMessage('')"),
        _ => Reply::status(404),
    })
    .await;
    let page = &tested.page;

    page.goto("/quiet").await.unwrap();
    page.expect(console()).to_have_no_errors().await.unwrap();
    let message = assertion(tested.impatient().expect(console()).not().to_have_no_errors().await);
    assert!(message.contains("expected errors in the console, but there were none"), "{message}");

    page.goto("/loud").await.unwrap();
    page.wait_for_load().await.unwrap();
    let message = assertion(page.expect(console()).to_have_no_errors().await);
    assert!(message.starts_with("expected no errors in the console, but there were 3:\n"), "{message}");
    for part in [
        "\n  wrong {a: 1} (",
        "/loud:2:17)",
        "Uncaught TypeError: no f (",
        "/loud:3:22)",
        "status of 404",
        "/missing.png)",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // What was told is told once.
    page.expect(console()).to_have_no_errors().await.unwrap();
    page.reload().await.unwrap();
    page.wait_for_load().await.unwrap();
    page.expect(console().ignoring("WRONG").ignoring("no f").ignoring("/missing.png"))
        .to_have_no_errors()
        .await
        .unwrap();

    page.goto("/worker").await.unwrap();
    page.expect(title()).to_be("done").await.unwrap();
    let message = assertion(page.expect(console()).to_have_no_errors().await);
    assert!(message.contains("there was 1:\n  in the worker ("), "{message}");

    let other = page.new_window().await.unwrap();
    other.goto("/loud").await.unwrap();
    page.expect(console()).not().to_have_no_errors().await.unwrap();
    let message = failed(page.expect(title()).to_have_no_errors().await, FailureKind::Harness, Fault::Harness);
    assert!(message.contains("expect console()"), "{message}");
    tested.close().await;
}

#[tokio::test]
async fn a_console_that_is_not_recorded_can_not_be_found_free_of_errors() {
    let tested = Tested::start_with(|_| titled("page"), |config| config.console_intercept = false).await;
    tested.page.goto("/").await.unwrap();
    let result = tested.page.expect(console()).to_have_no_errors().await;
    let message = failed(result, FailureKind::Harness, Fault::Harness);
    assert!(message.contains("CONSOLE_INTERCEPT=no"), "{message}");
    tested.close().await;
}

#[tokio::test]
async fn errors_of_frames_count_wherever_their_process_is() {
    let tested = Tested::start(|request| match request.path.as_str() {
        "/same" => Reply::html("<!doctype html><link rel=icon href='data:,'><iframe src='/frame?same'></iframe>"),
        "/other" => Reply::html(
            "<!doctype html><link rel=icon href='data:,'><script>addEventListener('message', () => document.title = 'done')
            document.write(`<iframe src='http://localhost:${location.port}/frame?other'></iframe>`)</script>",
        ),
        path if path.starts_with("/frame") => Reply::html(
            "<!doctype html><script>console.error('wrong in ' + location.search)
            setTimeout(() => parent.postMessage('', '*'), 0)
            throw new RangeError('no frame')</script>",
        ),
        _ => Reply::status(404),
    })
    .await;
    let page = &tested.page;
    for (path, name) in [("/same", "?same"), ("/other", "?other")] {
        page.goto(path).await.unwrap();
        let message = assertion(page.expect(console()).to_have_no_errors().await);
        assert!(message.starts_with("expected no errors in the console, but there were 2:\n"), "{message}");
        for part in [format!("\n  wrong in {name} ("), format!("/frame{name}:"), "RangeError: no frame".to_owned()] {
            assert!(message.contains(&part), "{part}: {message}");
        }
    }
    tested.close().await;
}

/// The page that hero marks are set in.
fn hero(policy: &str) -> Reply {
    Reply::html("<!doctype html><title>hero</title><script nonce=own>window.ours = 1</script><h1>Lamp</h1>")
        .header("Content-Security-Policy", policy)
}

#[tokio::test]
async fn a_hero_mark_is_set_under_every_policy() {
    const POLICIES: [&str; 4] = [
        "script-src 'nonce-own'",
        "default-src 'none'; script-src 'nonce-own' 'strict-dynamic'",
        "default-src 'self'",
        "script-src 'none'; style-src 'unsafe-inline'",
    ];
    let tested = Tested::start(|request| {
        let index: usize = request.path.trim_start_matches("/hero/").parse().unwrap_or_default();
        hero(POLICIES[index])
    })
    .await;
    let page = &tested.page;
    let mark = page.hero_mark("/hero/*", HeroMark::before("HE-lamp", "<h1")).await.unwrap();
    for (index, policy) in POLICIES.iter().enumerate() {
        page.goto(&format!("/hero/{index}")).await.unwrap();
        let seen: (Vec<String>, bool) = page
            .evaluate("return [performance.getEntriesByType('mark').map(mark => mark.name), 'ours' in window]", vec![])
            .await
            .unwrap();
        // The page's own script runs where its policy let it run, and nowhere else.
        assert_eq!(seen, (vec!["HE-lamp".to_owned()], policy.contains("'nonce-own'")), "{policy}");
    }
    assert_eq!(mark.count(), 4);
    tested.close().await;
}

#[tokio::test]
async fn no_hero_mark_is_set_when_they_are_switched_off() {
    let tested = Tested::start_with(|_| hero("script-src 'nonce-own'"), |config| config.hero_elements = false).await;
    let page = &tested.page;
    let mark = page.hero_mark("/hero/*", HeroMark::before("HE-lamp", "<h1")).await.unwrap();
    page.goto("/hero/0").await.unwrap();
    let marks: Vec<String> =
        page.evaluate("return performance.getEntriesByType('mark').map(mark => mark.name)", vec![]).await.unwrap();
    assert!(marks.is_empty(), "{marks:?}");
    assert_eq!(mark.count(), 0);
    // Nothing was to be set, so nothing is missing.
    mark.expect_matched().await.unwrap();
    tested.close().await;
}
