//! Pages of which we know what has to be measured on them: what `canarytrace verify` checks its figures against.
//!
//! They stand alone, without the shop around them, so that nothing but what they are about is in their figures. Each is
//! over when its promise `window.calibrated` is. What is true of them is in `truth`.

mod answers;
mod coverage;
mod index;
mod pages;
mod truth;

pub(super) use answers::on_the_wire;
pub(super) use index::routes;
pub use pages::{CALIBRATION_PAGES, CalibrationPage};
pub use truth::{Bounds, TRUTHS, Truth};
