//! The `#[monitor]` attribute and the checked `css!` literal.

use proc_macro::TokenStream;

/// Registers a monitor.
#[proc_macro_attribute]
pub fn monitor(_options: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// A CSS selector checked at compile time.
#[proc_macro]
pub fn css(literal: TokenStream) -> TokenStream {
    literal
}
