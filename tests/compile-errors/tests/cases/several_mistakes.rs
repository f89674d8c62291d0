use canarytrace::prelude::*;

// All mistakes are reported, and none that only follows from them: `journey` is still there to be called.
#[monitor(tiemout = "90s", schedule = "* * * *", retries = 1, retries = 2, params(User), budget(run >= "1"))]
fn journey(_browser: Browser) -> Result {
    Ok(())
}

#[monitor(enabled = flase)]
async fn caller(_browser: &mut Browser) -> Result {
    let _ = journey;
    Ok(())
}

fn main() {}
