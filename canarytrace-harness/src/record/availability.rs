//! Dataset `availability`: how long the way to the target takes, without a browser.

use super::document::{Mapping, document};
use super::failure::Fault;

document! {
    /// Times of one plain request to the target before the browser starts (`AVAILABILITY_CHECK=allow`), each in ms
    /// since the beginning of the request like curl's `time_*`.
    pub struct Availability = "availability" {
        /// The URL that was asked for.
        url: String => "url": Mapping::TextRaw,
        /// The URL that answered, after redirects.
        response_url: Option<String> => "responseUrl": Mapping::TextRaw,
        /// Whether a status line came with a status below 500.
        available: bool => "available": Mapping::Boolean,
        /// Status of the last answer.
        status: Option<u16> => "status": Mapping::Long,
        /// Address that was connected to.
        remote_ip: Option<String> => "remoteIp": Mapping::Ip,
        /// Port that was connected to.
        remote_port: Option<u16> => "remotePort": Mapping::Long,
        /// Until the name was resolved.
        name_lookup: Option<f64> => "nameLookup": Mapping::Double,
        /// Until the TCP connection stood.
        connect: Option<f64> => "connect": Mapping::Double,
        /// Until the TLS handshake was done; absent without TLS.
        app_connect: Option<f64> => "appConnect": Mapping::Double,
        /// Until the request was about to be sent.
        pre_transfer: Option<f64> => "preTransfer": Mapping::Double,
        /// Spent on all redirects before the last request.
        redirect: Option<f64> => "redirect": Mapping::Double,
        /// How many redirects were followed.
        redirects: u32 => "redirects": Mapping::Long,
        /// Until the first byte of the last answer.
        start_transfer: Option<f64> => "startTransfer": Mapping::Double,
        /// Until the last byte of the last answer.
        total: Option<f64> => "total": Mapping::Double,
        /// What failed.
        err_message: Option<String> => "errMessage": Mapping::TextRaw,
        /// Where it failed: dns, connect, tls, http or timeout.
        err_phase: Option<&'static str> => "errPhase": Mapping::Keyword,
        /// Whose fault the failure is.
        fault: Option<Fault> => "fault": Mapping::Keyword,
    }
}
