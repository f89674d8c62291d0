use canarytrace::prelude::*;

#[monitor(budget(run >= "20s", step < "5s", step("pay") = "3s", step("look") "1s"))]
async fn wrong(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
