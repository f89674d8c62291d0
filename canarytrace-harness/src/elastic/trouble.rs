//! Why a request came to nothing.

use std::fmt;

/// A request without a whole reply.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{node}: {message}")]
pub struct Trouble {
    /// What happened.
    pub kind: TroubleKind,
    /// The node that was asked, without credentials.
    pub node: String,
    /// In words, secrets masked.
    pub message: String,
}

impl Trouble {
    /// Whether the cluster may have done what it was asked for all the same.
    pub fn may_be_done(&self) -> bool {
        matches!(self.kind, TroubleKind::Timeout | TroubleKind::Cut | TroubleKind::Reply)
    }

    /// One of several nodes that failed one after the other; at least one.
    pub(super) fn of_all(mut troubles: Vec<Self>) -> Self {
        let none = || Self {
            kind: TroubleKind::Request,
            node: "the cluster".to_owned(),
            message: "it has no nodes: set ELASTIC_CLUSTER".to_owned(),
        };
        let mut last = troubles.pop().unwrap_or_else(none);
        for other in troubles {
            last.message = format!("{}; {other}", last.message);
        }
        last
    }
}

/// What happened to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TroubleKind {
    /// The name of the node is not known.
    Name,
    /// Nobody answers at the address.
    Connect,
    /// The certificate is not trusted, or TLS failed otherwise.
    Tls,
    /// No whole reply within the time limit.
    Timeout,
    /// The connection ended before the whole reply was there.
    Cut,
    /// The reply can't be read: not compressed as it says, too large.
    Reply,
    /// The request could not even be built.
    Request,
}

impl fmt::Display for TroubleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name lookup",
            Self::Connect => "connection",
            Self::Tls => "TLS",
            Self::Timeout => "timeout",
            Self::Cut => "cut connection",
            Self::Reply => "unreadable reply",
            Self::Request => "request",
        })
    }
}
