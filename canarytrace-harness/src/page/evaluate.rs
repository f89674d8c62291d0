//! JavaScript in the page, with typed results.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::element::Element;
use super::page::{CallError, POLL, Page};
use crate::devtools::timeline::WORLD;
use crate::devtools::{CdpError, is_navigation};
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// Why a script came to nothing.
pub(super) enum ScriptError {
    /// The page was replaced by another one while the script ran, or has none yet.
    Navigated,
    /// It did not end in time.
    Timeout,
    /// What it threw.
    Threw(Failure),
    /// Another reason that will not change.
    Failed(Failure),
}

impl Page {
    /// Runs JavaScript in the page, as the body of a function with `arguments`, and returns what it returns; a promise
    /// is waited for. `undefined` is `null`.
    ///
    /// ```no_run
    /// # use canarytrace::page::Page;
    /// # async fn example(page: Page) -> canarytrace::Result {
    /// let width: u32 = page.evaluate("return innerWidth", vec![]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It runs in the page's own world, over `Runtime.evaluate`, which the page's content security policy can't forbid.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] with message and line of what the script threw, or when it returned something else
    /// than a `T`; [`FailureKind::Timeout`] when it, or its promise, took longer than `WAIT_FOR_TIMEOUT`;
    /// [`FailureKind::Navigation`] when the page was left meanwhile.
    pub async fn evaluate<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> Result<T> {
        let what = "run a script in the page";
        let limit = self.wait_for_timeout();
        self.observe_timeline().await;
        match self.run_script(what, limit, script, &arguments).await {
            Ok(value) => typed(&value),
            Err(ScriptError::Failed(failure) | ScriptError::Threw(failure)) => Err(failure),
            Err(ScriptError::Navigated) => Err(Failure::new(
                FailureKind::Navigation,
                format!("could not {what}: the page opened another one while the script ran"),
            )),
            Err(ScriptError::Timeout) => Err(Failure::new(
                FailureKind::Timeout,
                format!("the script did not end within {limit:?} (WAIT_FOR_TIMEOUT)"),
            )),
        }
    }

    /// Runs a script that changes nothing; again when the page was just replaced by another one.
    pub(super) async fn read<T: DeserializeOwned>(&self, what: &str, script: &str, arguments: &[Value]) -> Result<T> {
        let deadline = Instant::now() + self.wait_for_timeout();
        loop {
            match self.run_script(what, left(deadline), script, arguments).await {
                Ok(value) => return typed(&value),
                Err(ScriptError::Failed(failure) | ScriptError::Threw(failure)) => return Err(failure),
                Err(ScriptError::Navigated) if Instant::now() < deadline => tokio::time::sleep(POLL).await,
                Err(ScriptError::Navigated | ScriptError::Timeout) => return Err(self.no_reply(what)),
            }
        }
    }

    /// Runs a script in the main world of the main frame.
    pub(super) async fn run_script(
        &self,
        what: &str,
        limit: Duration,
        script: &str,
        arguments: &[Value],
    ) -> std::result::Result<Value, ScriptError> {
        self.run_script_in(None, what, limit, script, arguments).await
    }

    /// Runs a script in our own world of the main frame: what the page overwrote in its own is as the browser made it there.
    pub(super) async fn run_script_apart(
        &self,
        what: &str,
        limit: Duration,
        script: &str,
    ) -> std::result::Result<Value, ScriptError> {
        let world = json!({ "frameId": self.window.id(), "worldName": WORLD });
        let context = match self.call(what, limit, "Page.createIsolatedWorld", world).await {
            Ok(reply) => reply["executionContextId"].as_i64(),
            Err(CallError::Ended(failure)) => return Err(ScriptError::Failed(failure)),
            Err(CallError::Timeout) => return Err(ScriptError::Timeout),
            // The frame is just moving to another process.
            Err(CallError::Refused(_)) => return Err(ScriptError::Navigated),
        };
        self.run_script_in(context, what, limit, script, &[]).await
    }

    async fn run_script_in(
        &self,
        context: Option<i64>,
        what: &str,
        limit: Duration,
        script: &str,
        arguments: &[Value],
    ) -> std::result::Result<Value, ScriptError> {
        // JSON is JavaScript. The line breaks give the script its own line numbers, and end a comment at its end.
        let expression = format!("(function() {{\n{script}\n}}).apply(null, {})", Value::from(arguments));
        let mut params = json!({
            "expression": expression,
            "awaitPromise": true,
            "returnByValue": true,
            // What is allowed after a click only, such as the clipboard, is allowed to the monitor.
            "userGesture": true,
            // An endless loop is ended, so that the page can be looked at.
            "timeout": limit.as_millis(),
        });
        if let Some(context) = context {
            params["contextId"] = context.into();
        }
        let begun = Instant::now();
        let called = self.call(what, limit + Duration::from_millis(500), "Runtime.evaluate", params).await;
        let mut reply = match called {
            Ok(reply) => reply,
            Err(CallError::Ended(failure)) => return Err(ScriptError::Failed(failure)),
            Err(CallError::Timeout) => return Err(ScriptError::Timeout),
            // "Execution was terminated", or with a promise awaited "Internal error".
            Err(CallError::Refused(_)) if begun.elapsed() >= limit => return Err(ScriptError::Timeout),
            Err(CallError::Refused(message)) if is_navigation(&message) => return Err(ScriptError::Navigated),
            Err(CallError::Refused(message)) => {
                let why = if message.contains("reference chain is too long") {
                    "it returned something that is no JSON, because it contains itself or is too deep".to_owned()
                } else {
                    message
                };
                let text = format!("could not {what}: {why}");
                return Err(ScriptError::Failed(Failure::new(FailureKind::Assertion, text)));
            }
        };
        returned(what, &mut reply).map_err(ScriptError::Threw)
    }
}

/// What a script returned, from the reply of `Runtime.evaluate` or `Runtime.callFunctionOn`, or what it threw.
fn returned(what: &str, reply: &mut Value) -> Result<Value> {
    if let Some(exception) = reply.get("exceptionDetails") {
        let text = format!("could not {what}: {}", thrown(exception));
        return Err(Failure::new(FailureKind::Assertion, text));
    }
    let result = &mut reply["result"];
    Ok(match result["unserializableValue"].as_str() {
        // What JSON has no word for, as `JSON.stringify` does it.
        Some("-0") => json!(0),
        Some(number) => {
            number.strip_suffix('n').and_then(|digits| digits.parse::<i64>().ok()).map_or(Value::Null, Value::from)
        }
        None => result["value"].take(),
    })
}

impl Element {
    /// Runs JavaScript on the element, as the body of a function whose `arguments[0]` it is and whose other arguments
    /// follow; returns what it returns. A promise is waited for. It runs in the world of the page's own scripts, once,
    /// as soon as one element matches.
    ///
    /// `Runtime.callFunctionOn`.
    ///
    /// # Errors
    /// [`FailureKind::Locator`] when not exactly one element matched in time; else as [`Page::evaluate`].
    pub async fn evaluate<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> Result<T> {
        let what = format!("run a script on {}", self.locator);
        let (world, handle) = self.kept(&what).await?;
        self.page.observe_timeline().await;
        let limit = self.page.wait_for_timeout();
        let call = async {
            let Some(node) = world.node(handle).await? else { return Ok(None) };
            let resolve = json!({ "backendNodeId": node["backendNodeId"], "objectGroup": "canarytrace" });
            let own = world.session().send("DOM.resolveNode", resolve).await?;
            let params = json!({
                "functionDeclaration":
                    format!("function(...rest) {{ return (function() {{\n{script}\n}}).apply(this, [this, ...rest]); }}"),
                "objectId": own["object"]["objectId"],
                "arguments": arguments.iter().map(|value| json!({ "value": value })).collect::<Vec<_>>(),
                "awaitPromise": true,
                "returnByValue": true,
                "userGesture": true,
            });
            world.session().send_within(limit, "Runtime.callFunctionOn", params).await.map(Some)
        };
        let failed = |kind: FailureKind, why: &str| Failure::new(kind, format!("could not {what}: {why}"));
        match self.page.alive(call).await.map_err(|failure| failure.context(format_args!("could not {what}")))? {
            Ok(Some(mut reply)) => typed(&returned(&what, &mut reply)?),
            Ok(None) => Err(failed(FailureKind::Locator, "it was detached from the page just before")),
            Err(error) if error.is_navigation() => {
                Err(failed(FailureKind::Navigation, "the page opened another one while the script ran"))
            }
            Err(CdpError::Timeout { .. }) => {
                Err(failed(FailureKind::Timeout, &format!("it did not end within {limit:?} (WAIT_FOR_TIMEOUT)")))
            }
            Err(error) => Err(failed(FailureKind::Assertion, &error.to_string())),
        }
    }
}

/// The time until `deadline`, but enough for an answer.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(POLL)
}

pub(super) fn typed<T: DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| {
        let mut shown: String = value.to_string().chars().take(200).collect();
        if shown.len() < value.to_string().len() {
            shown.push('…');
        }
        let text = format!("the script returned {shown}, which is not what was wanted: {error}");
        Failure::new(FailureKind::Assertion, text)
    })
}

/// What a script threw, with the line of it.
fn thrown(details: &Value) -> String {
    let exception = &details["exception"];
    // The description of an error is its stack: our wrapper is no news.
    let what = match exception["description"].as_str() {
        Some(description) => description.split("\n    at ").next().unwrap_or(description).to_owned(),
        None if exception.get("value").is_some() => exception["value"].to_string(),
        None => details["text"].as_str().unwrap_or("it threw something").to_owned(),
    };
    // Rejected promises name the line of their maker on the stack; the script's first line is the wrapper's second.
    let line = details
        .pointer("/stackTrace/callFrames/0")
        .filter(|frame| frame["url"] == "")
        .map_or(&details["lineNumber"], |frame| &frame["lineNumber"])
        .as_u64();
    match line {
        Some(line) if line > 0 => format!("{what} (line {line} of the script)"),
        _ => what,
    }
}
