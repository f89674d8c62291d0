use canarytrace::prelude::*;

#[monitor(throttle = "mobileSlow4", iterations = 0)]
async fn preset(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(throttle = "latency=150ms")]
async fn figures(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
