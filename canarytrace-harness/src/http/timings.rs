//! How long the phases of a request took.

use std::fmt;

use super::fetch::Trace;

/// A phase of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Until the name was resolved.
    NameLookup,
    /// Until the TCP connection stood.
    Connect,
    /// Until the TLS handshake was done; there is none without TLS.
    Tls,
    /// Until the first byte of the answer came.
    FirstByte,
    /// From the first to the last byte of the answer: the one phase that does not count from the beginning.
    Download,
    /// Until the last byte of the answer came.
    Total,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameLookup => "name lookup",
            Self::Connect => "connection",
            Self::Tls => "TLS handshake",
            Self::FirstByte => "first byte",
            Self::Download => "download",
            Self::Total => "total",
        })
    }
}

/// The times of a request in ms since the beginning of the first one, redirects included, like curl's `time_*`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Timings {
    /// Spent on redirects before the last request (`time_redirect`); `None` without redirects.
    pub redirect: Option<f64>,
    /// Until the name was resolved (`time_namelookup`).
    pub name_lookup: Option<f64>,
    /// Until the TCP connection stood (`time_connect`).
    pub connect: Option<f64>,
    /// Until the TLS handshake was done (`time_appconnect`); `None` without TLS.
    pub tls: Option<f64>,
    /// Until the request was about to be sent (`time_pretransfer`).
    pub pre_transfer: Option<f64>,
    /// Until the first byte of the answer (`time_starttransfer`).
    pub first_byte: Option<f64>,
    /// Until the last byte of the answer (`time_total`).
    pub total: Option<f64>,
}

impl Timings {
    pub(super) fn of(trace: &Trace) -> Self {
        Self {
            redirect: trace.redirect,
            name_lookup: trace.name_lookup,
            connect: trace.connect,
            tls: trace.app_connect,
            pre_transfer: trace.pre_transfer,
            first_byte: trace.start_transfer,
            total: trace.total,
        }
    }

    /// From the first to the last byte of the answer, ms.
    pub fn download(&self) -> Option<f64> {
        Some(self.total? - self.first_byte?)
    }

    /// The time of a phase, ms; `None` when it did not take place.
    pub fn phase(&self, phase: Phase) -> Option<f64> {
        match phase {
            Phase::NameLookup => self.name_lookup,
            Phase::Connect => self.connect,
            Phase::Tls => self.tls,
            Phase::FirstByte => self.first_byte,
            Phase::Download => self.download(),
            Phase::Total => self.total,
        }
    }
}
