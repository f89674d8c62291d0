//! HTTP/1.1 without a browser, for API checks and the availability check: each request on a connection of its own, each
//! of its phases timed.

mod clock;
mod connect;
mod exchange;
mod expect;
mod expected;
mod fetch;
mod request;
mod response;
mod timings;
mod tls;
mod trouble;

pub use expect::Expect;
pub use expected::{Limit, Subject, body, header, json_path, status, timing};
pub(crate) use fetch::{Ask, Trace, fetch};
pub(crate) use request::Client;
pub use request::Request;
pub use response::Response;
pub use timings::{Phase, Timings};
#[cfg(any(test, feature = "object-store"))]
pub(crate) use tls::client_config;
pub(crate) use tls::system_certificates;
pub(crate) use trouble::Trouble;

use url::Url;

use crate::record::{Failure, Redactor};

type Result<T = ()> = std::result::Result<T, Failure>;

/// The URL as it may be shown: without credentials and tokens.
pub(crate) fn masked(url: &Url) -> String {
    Redactor::default().url(url.as_str())
}

/// At most this many characters of a text are shown in a message.
const SHOWN: usize = 200;

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} more characters)", &text[..end], text[end..].chars().count()),
        None => text.to_owned(),
    }
}
