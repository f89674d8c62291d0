use canarytrace::prelude::*;

#[monitor(device = "moblie")]
async fn slip(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
