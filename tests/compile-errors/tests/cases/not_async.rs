use canarytrace::prelude::*;

#[monitor]
fn blocking(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor]
fn awaiting(browser: &mut Browser) -> Result {
    helper(browser).await
}

async fn helper(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
