//! HAR 1.2 from messages of the browser: a pure function.
//!
//! Names and figures are those of chrome-har where it has them, as the tools that read its files expect, and those of
//! DevTools' own export otherwise (`_webSocketMessages`, `_error`, `_fromCache` …). Unlike both: requests that failed or
//! were never answered are entries too, with status 0, and every header is there once, as it went over the wire.

mod build;
mod cookies;
mod entry;
mod model;
mod pages;
mod url;

pub use build::{Builder, HarOptions, from_exchanges, from_messages};
pub use entry::phases;
pub use model::{
    BeforeRequest, Cache, Chunk, Content, Cookie, Creator, Date, Entry, Har, InitiatorDetail, Log, NameValue, Page,
    PageTimings, PostData, Request, Response, SecurityDetails, ServerEventMessage, Timings, WebSocketFrame,
};

#[cfg(test)]
mod tests;
