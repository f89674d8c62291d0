//! The `#[monitor]` attribute and the checked `css!` literal.

mod budget;
mod cron;
mod description;
mod duration;
mod errors;
mod monitor;
mod options;
mod params;
mod signature;
mod suggest;
mod tokens;

use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn monitor(options: TokenStream, item: TokenStream) -> TokenStream {
    monitor::expand(options.into(), item.into()).into()
}

/// A CSS selector checked at compile time.
#[proc_macro]
pub fn css(literal: TokenStream) -> TokenStream {
    literal
}
