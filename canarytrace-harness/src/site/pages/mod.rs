//! The shop's pages, one file a group.

pub(super) mod basket;
pub(super) mod checkout;
pub(super) mod error;
pub(super) mod home;
pub(super) mod login;
pub(super) mod product;
pub(super) mod search;
pub(super) mod switchboard;

mod card;

pub use checkout::PRACTICE_CARD;
pub(super) use login::PRACTICE_USER_NAME;
pub use login::{PRACTICE_PASSWORD, PRACTICE_USER};
