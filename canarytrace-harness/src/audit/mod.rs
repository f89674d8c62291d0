//! Audits of pages: by Lighthouse in a browser of its own, or by ourselves without Node.

pub mod install;
mod lighthouse;
mod load;
pub mod native;
mod node;
mod result;
pub mod score;
mod settings;

pub(crate) use lighthouse::{Audited, Lighthouse, Request};
pub(crate) use load::{audit as load_and_audit, settable};
pub(crate) use result::LIGHTHOUSE;
