use canarytrace::prelude::*;

#[monitor(scedule = "*/3 * * * *")]
async fn slip(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(colour = "red", "timeout")]
async fn invention(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
