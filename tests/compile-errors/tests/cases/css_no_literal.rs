use canarytrace::prelude::*;

fn locators(id: &str) -> [Locator; 4] {
    [css!(id), css!(5), css!(), css!("a", "b")]
}

fn main() {}
