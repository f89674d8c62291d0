use canarytrace::prelude::*;

#[monitor(timeout = "90s", retries = 1, timeout = "2m")]
async fn twice(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
