use canarytrace::prelude::*;

#[monitor(timeout = "90")]
async fn no_unit(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(timeout = "soon")]
async fn no_number(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(timeout = "0s", budget(run <= "-5s"))]
async fn nothing_and_less(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
