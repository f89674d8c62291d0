//! From the address of a browser's debugger to its websocket.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::connection::CdpError;

const LIMIT: Duration = Duration::from_secs(10);

/// Asks `http://<debugger_address>/json/version` for the browser's websocket.
///
/// `debugger_address` is `host:port`, as WebDriver's `goog:chromeOptions.debuggerAddress` has it.
pub async fn browser_websocket(debugger_address: &str) -> Result<String, CdpError> {
    let url = format!("http://{debugger_address}/json/version");
    let failed = |reason: String| CdpError::Connect { url: url.clone(), reason };
    let version = get_json(&url, LIMIT).await.map_err(failed)?;
    match version["webSocketDebuggerUrl"].as_str() {
        Some(websocket) => Ok(websocket.to_owned()),
        None => Err(failed(format!("the answer names no webSocketDebuggerUrl: {version}"))),
    }
}

/// JSON from an HTTP server on this machine, whatever the status; or why there is none.
pub(crate) async fn get_json(url: &str, limit: Duration) -> Result<Value, String> {
    let asking = async {
        let uri = url.parse::<hyper::Uri>().map_err(|error| error.to_string())?;
        let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(HttpConnector::new());
        let response = client.get(uri).await.map_err(|error| causes(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| causes(&error))?.to_bytes();
        serde_json::from_slice(&body).map_err(|error| format!("status {status}, and no JSON: {error}"))
    };
    tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| Err(format!("no answer within {} s", limit.as_secs())))
}

/// An error with what is behind it: the HTTP client's own text is only "client error (Connect)".
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
