use canarytrace::prelude::*;

#[monitor]
struct Shop;

#[monitor(timeout = "1s")]
mod shop {}

#[monitor]
pub const SHOP: u8 = 1;

#[monitor]
impl Shop {
    fn open() {}
}

fn main() {}
