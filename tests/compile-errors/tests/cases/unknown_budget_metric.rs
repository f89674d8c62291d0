use canarytrace::prelude::*;

#[monitor(budget(stop <= "5s"))]
async fn slip(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(budget(colour <= "5s", run("pay") <= "5s"))]
async fn invention(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
