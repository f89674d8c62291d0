use canarytrace::prelude::*;

#[monitor(budget(step("pay") <= "20s", run <= "1m", step("pay") <= "5s"))]
async fn twice(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
