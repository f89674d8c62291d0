use canarytrace::prelude::*;

fn locators() -> [Locator; 6] {
    [
        css!("#basket > "),
        css!("[data-id=1]"),
        css!("//div[@id='basket']"),
        css!("a,, b"),
        css!("#größe .1st"),
        css!("a:nth-child(2x)"),
    ]
}

fn main() {}
