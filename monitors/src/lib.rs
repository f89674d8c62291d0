//! Example monitors: what a team would watch of its shop. Without `BASE_URL` they visit the bundled practice shop.
//!
//! A monitor is an ordinary async function, so whatever several of them do is an ordinary function too (see [`shop`]).

pub mod account;
pub mod basket;
pub mod catalogue;
pub mod checkout;
pub mod mobile;
pub mod shop;
