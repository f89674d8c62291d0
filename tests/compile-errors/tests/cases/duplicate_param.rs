use canarytrace::prelude::*;

#[monitor(params(user, password: secret, user = "jane"))]
async fn twice(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
