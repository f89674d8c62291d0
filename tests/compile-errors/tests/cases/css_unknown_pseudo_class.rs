use canarytrace::prelude::*;

fn locators() -> [Locator; 4] {
    [css!("a:hovr > b"), css!("li:nth-chidl(2)"), css!("button:contains('Pay')"), css!("a:warp-drive")]
}

fn main() {}
