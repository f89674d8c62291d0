//! Requests on their way: one interceptor a browser, which passwords, trace ids, routes and hero marks share.
//!
//! The browser's `Fetch` domain can be enabled once a session, and a request that is paused has to be answered once.
//! So there is one place that pauses and answers, and what wants a part in it is a rule there.

mod auth;
mod hero_mark;
mod interceptor;
mod request;
mod route;
mod rules;
mod trace;

pub use hero_mark::HeroMark;
pub(crate) use interceptor::Interceptor;
pub use request::Request;
pub use route::{NetError, Reply, Route};
pub(crate) use rules::{Rule, What};
