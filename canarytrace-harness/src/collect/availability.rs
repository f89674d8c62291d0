//! How long the way to the target takes, without a browser: one plain GET over HTTP/1.1, each of its phases timed.
//!
//! Neither a proxy nor cookies are used. Redirects are followed; all times count from the beginning of the first
//! request, so that they never decrease in the order name lookup, connect, TLS, pretransfer, first byte, total.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use url::Url;

use crate::http::{Ask, Trace, Trouble, fetch, masked, system_certificates};
use crate::record::{Availability, Fault, Redactor};

/// As many as Chrome follows would be 20; ten is what a healthy site stays far below.
const MOST_REDIRECTS: u32 = 10;

/// Asks for `url` once, within `timeout` for everything together. A failure is part of the result.
pub async fn measure(url: &Url, timeout: Duration) -> Availability {
    // Reading the system's certificates is our own time, not the target's.
    match system_certificates().await {
        Ok(tls) => measure_with(url, timeout, tls).await,
        Err(trouble) => result(url, None, Some(trouble)),
    }
}

/// [`measure`] that trusts the certificates of `tls`.
async fn measure_with(url: &Url, timeout: Duration, tls: Arc<ClientConfig>) -> Availability {
    let (trace, answer) = fetch(Ask::get(url.clone(), MOST_REDIRECTS), timeout, &tls).await;
    let trouble = match answer {
        Ok(answer) if answer.status.as_u16() >= 500 => Some(Trouble {
            phase: "http",
            fault: Fault::Application,
            message: format!("the target answered with status {}", answer.status.as_u16()),
        }),
        Ok(_) => None,
        Err(trouble) => Some(trouble),
    };
    result(url, Some(trace), trouble)
}

/// The document; `trace` is missing when nothing was sent.
fn result(url: &Url, trace: Option<Trace>, trouble: Option<Trouble>) -> Availability {
    let mut result = Availability {
        url: masked(url),
        response_url: None,
        available: trouble.is_none(),
        status: None,
        remote_ip: None,
        remote_port: None,
        name_lookup: None,
        connect: None,
        app_connect: None,
        pre_transfer: None,
        redirect: None,
        redirects: 0,
        start_transfer: None,
        total: None,
        err_message: None,
        err_phase: None,
        fault: None,
    };
    if let Some(trace) = trace {
        result = Availability {
            response_url: Some(masked(&trace.url)),
            status: trace.status,
            remote_ip: trace.remote.map(|address| address.ip().to_string()),
            remote_port: trace.remote.map(|address| address.port()),
            name_lookup: trace.name_lookup,
            connect: trace.connect,
            app_connect: trace.app_connect,
            pre_transfer: trace.pre_transfer,
            redirect: trace.redirect,
            redirects: trace.redirects,
            start_transfer: trace.start_transfer,
            total: trace.total,
            ..result
        };
    }
    if let Some(trouble) = trouble {
        result.err_phase = Some(trouble.phase);
        result.fault = Some(trouble.fault);
        // A redirect may have led to an address with a token in it.
        result.err_message = Some(Redactor::default().text(&trouble.message));
    }
    result
}

#[cfg(test)]
mod tests;
