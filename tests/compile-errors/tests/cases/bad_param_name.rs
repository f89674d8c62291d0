use canarytrace::prelude::*;

#[monitor(params(userName, QUANTITY = "1", _token: secret, "user"))]
async fn wrong(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(params(password: Secret, quantity = 1))]
async fn wrong_too(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
