use canarytrace::prelude::*;

#[monitor]
async fn nothing(_browser: &mut Browser) {}

fn main() {}
