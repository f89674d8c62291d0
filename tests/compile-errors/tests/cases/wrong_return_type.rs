use canarytrace::prelude::*;

#[monitor]
async fn other_error(_browser: &mut Browser) -> Result<(), String> {
    Ok(())
}

#[monitor]
async fn other_value(_browser: &mut Browser) -> Result<u8> {
    Ok(1)
}

type Verdict = bool;

#[monitor]
async fn alias(_browser: &mut Browser) -> Verdict {
    true
}

fn main() {}
