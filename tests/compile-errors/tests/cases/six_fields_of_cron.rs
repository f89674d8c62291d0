use canarytrace::prelude::*;

#[monitor(schedule = "0 */3 * * * *")]
async fn seconds(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
