//! What a monitor is given: a browser, or a client of an API.

use super::api::Api;
use super::browser::Browser;
use crate::page::Page;

/// Which of them a monitor takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitorKind {
    /// `&mut Browser`: a browser is started for each attempt.
    Browser,
    /// `&mut Api`: none is.
    Api,
}

impl MonitorKind {
    /// The `monitor.type` of Heartbeat.
    pub(crate) fn heartbeat(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "http",
        }
    }
}

/// What one attempt's monitor is given.
#[derive(Debug)]
pub enum Given {
    /// To a monitor of the kind [`MonitorKind::Browser`].
    Browser(Browser),
    /// To a monitor of the kind [`MonitorKind::Api`].
    Api(Api),
}

impl Given {
    /// The page, if there is one.
    pub(super) fn page(&self) -> Option<&Page> {
        match self {
            Self::Browser(browser) => Some(browser.page()),
            Self::Api(_) => None,
        }
    }
}

/// What a monitor may take. A trait, so that the compiler says which of them it is, whatever the author calls it.
#[diagnostic::on_unimplemented(
    message = "a monitor takes `&mut Browser` or `&mut Api`, not `&mut {Self}`",
    label = "this should be `Browser` or `Api`",
    note = "a monitor is written `async fn name(browser: &mut Browser) -> Result {{ … }}`, or with `api: &mut Api` \
            when it needs no browser"
)]
pub trait MonitorParameter: sealed::Sealed + Sized {
    /// What it is.
    const KIND: MonitorKind;

    /// It, if it is what was given.
    fn of(given: &mut Given) -> Option<&mut Self>;
}

// The message has said it already.
#[diagnostic::do_not_recommend]
impl MonitorParameter for Browser {
    const KIND: MonitorKind = MonitorKind::Browser;

    fn of(given: &mut Given) -> Option<&mut Self> {
        match given {
            Given::Browser(browser) => Some(browser),
            Given::Api(_) => None,
        }
    }
}

#[diagnostic::do_not_recommend]
impl MonitorParameter for Api {
    const KIND: MonitorKind = MonitorKind::Api;

    fn of(given: &mut Given) -> Option<&mut Self> {
        match given {
            Given::Api(api) => Some(api),
            Given::Browser(_) => None,
        }
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Browser {}
    impl Sealed for super::Api {}
}
