use canarytrace::prelude::*;

#[monitor]
async fn opaque(_browser: &mut Browser) -> impl Send {
    1
}

#[monitor]
async fn never(_browser: &mut Browser) -> ! {
    panic!()
}

fn main() {}
