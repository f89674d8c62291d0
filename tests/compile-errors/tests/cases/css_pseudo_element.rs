use canarytrace::prelude::*;

fn locators() -> [Locator; 2] {
    [css!("p::before"), css!("ul > li:first-line")]
}

fn main() {}
