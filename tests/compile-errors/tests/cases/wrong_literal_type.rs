use canarytrace::prelude::*;

#[monitor(
    name = 5,
    schedule = ["* * * * *"],
    timeout = 90,
    retries = "1",
    tags = "shop",
    device = mobile,
    enabled = "no",
)]
async fn wrong(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(tags = ["shop", 5, checkout], retries = -1, params = "user", budget = "20s", enabled)]
async fn wrong_too(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
