use canarytrace::prelude::*;

struct Page;

#[monitor]
async fn page(_page: &mut Page) -> Result {
    Ok(())
}

#[monitor]
async fn both(_both: &mut (Browser, Api)) -> Result {
    Ok(())
}

#[monitor]
async fn any(_any: &mut impl Send) -> Result {
    Ok(())
}

fn main() {}
