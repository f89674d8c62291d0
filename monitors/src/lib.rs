//! Example monitors: what a team would watch of its shop. Without `BASE_URL` they visit the bundled practice shop.
//!
//! A monitor is an ordinary async function. What several of them do has its place in page objects, which are ordinary
//! structs (see [`shop`]).

pub mod account;
pub mod api;
pub mod basket;
pub mod catalogue;
pub mod checkout;
pub mod cookies;
pub mod mobile;
pub mod shop;
