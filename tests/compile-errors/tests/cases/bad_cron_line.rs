use canarytrace::prelude::*;

#[monitor(schedule = "61 * * * *")]
async fn out_of_range(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(schedule = "every 3 minutes")]
async fn words(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(schedule = "@hourly")]
async fn nickname(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
