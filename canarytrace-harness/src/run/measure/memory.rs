//! The memory of the page in front, asked at the end of a step.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::said::Said;
use crate::devtools::{CdpError, Session};
use crate::page::Page;
use crate::run::recording::Marks;

/// How long the browser may take to answer. A page whose script is busy does not: its own process answers for it then
/// (`Performance.getMetrics`), and says less.
const LIMIT: Duration = Duration::from_secs(1);

/// How soon another document is asked than the one that is gone.
const AGAIN: Duration = Duration::from_millis(10);

/// A world of ours: what the page made of its own `performance` does not hold there.
const WORLD: &str = "canarytrace memory";

/// Its own function, since `performance.memory` has its values on its prototype, which JSON leaves out.
const HEAP: &str = "(({ jsHeapSizeLimit, totalJSHeapSize, usedJSHeapSize }) => \
    ({ jsHeapSizeLimit, totalJSHeapSize, usedJSHeapSize }))(performance.memory)";

/// Has the browser count from now on what it counts of a tab only when it is asked to.
pub(super) async fn start(page: &Page) {
    if let Err(error) = page.devtools().send_within(LIMIT, "Performance.enable", json!({})).await {
        tracing::debug!(%error, "metrics of a tab begin late");
    }
}

/// Asks the page in front and marks what it says.
pub(super) async fn measure(page: &Page, marks: &Marks, said: &Said) {
    let page = page.in_front();
    let session = page.devtools();
    let asked = async { tokio::join!(heap(session, session.target_id()), metrics(session)) };
    let (heap, metrics) = tokio::select! {
        failure = page.end() => {
            tracing::debug!(%failure, "nobody is left who could tell of the page's memory");
            return;
        }
        asked = asked => asked,
    };
    if let Err(error) = heap.as_ref().or(metrics.as_ref()) {
        said.missing("the memory of the page", &error.to_string());
        return;
    }
    if let Err(error) = &heap {
        said.missing("the heap of the page", &busy(error));
    } else if let Err(error) = &metrics {
        said.missing("metrics of the page", &error.to_string());
    }
    let params = json!({ "url": page.shown_url(), "heap": heap.ok(), "metrics": metrics.ok() });
    marks.mark(Some(session.id().to_owned()), "Canarytrace.memory", &params);
}

fn busy(error: &CdpError) -> String {
    match error {
        CdpError::Timeout { .. } => format!("its scripts were busy for more than {LIMIT:?}"),
        error => error.to_string(),
    }
}

/// Of the document that is there: one that is left meanwhile takes our world with it, and then the next one is asked.
async fn heap(session: &Session, frame: &str) -> Result<Value, CdpError> {
    let until = Instant::now() + LIMIT;
    loop {
        match heap_of_document(session, frame).await {
            Err(error) if error.is_navigation() && Instant::now() < until => tokio::time::sleep(AGAIN).await,
            told => return told,
        }
    }
}

async fn heap_of_document(session: &Session, frame: &str) -> Result<Value, CdpError> {
    let world = json!({ "frameId": frame, "worldName": WORLD });
    let world = session.send_within(LIMIT, "Page.createIsolatedWorld", world).await?;
    let params =
        json!({ "contextId": world["executionContextId"], "expression": HEAP, "returnByValue": true, "silent": true });
    let mut reply = session.send_within(LIMIT, "Runtime.evaluate", params).await?;
    Ok(reply["result"]["value"].take())
}

async fn metrics(session: &Session) -> Result<Value, CdpError> {
    // A window that was opened since has to be told, the others know. Sent first; it waits for a busy page, which the
    // question doesn't.
    let enabled = session.send_within(LIMIT, "Performance.enable", json!({}));
    let asked = session.send_within(LIMIT, "Performance.getMetrics", json!({}));
    let (_, reply) = tokio::join!(enabled, asked);
    Ok(reply?["metrics"].take())
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::Message;

    use super::*;
    use crate::devtools::Connection;

    /// A browser whose first document is gone when the script comes, which no real one can be brought to at will.
    async fn browser_that_navigates(listener: TcpListener) {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let mut worlds = 0;
        while let Some(Ok(Message::Text(call))) = socket.next().await {
            let call: Value = serde_json::from_str(&call).unwrap();
            let mut reply = json!({ "id": call["id"], "sessionId": call["sessionId"] });
            match call["method"].as_str() {
                Some("Page.createIsolatedWorld") => {
                    worlds += 1;
                    reply["result"] = json!({ "executionContextId": worlds });
                }
                _ if call["params"]["contextId"] == 1 => {
                    reply["error"] = json!({ "code": -32000, "message": "Cannot find context with specified id" });
                }
                _ => reply["result"] = json!({ "result": { "value": { "usedJSHeapSize": 7 } } }),
            }
            socket.send(Message::text(reply.to_string())).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_next_document_is_asked_when_the_page_has_just_left_the_one_before() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        tokio::spawn(browser_that_navigates(listener));
        let connection = Connection::connect(&url).await.unwrap();
        let session = Session::attached(&connection, "session", "frame");
        assert_eq!(heap(&session, "frame").await.unwrap(), json!({ "usedJSHeapSize": 7 }));
    }
}
