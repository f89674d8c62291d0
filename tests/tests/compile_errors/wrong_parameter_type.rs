use canarytrace::prelude::*;

struct Page;

#[monitor]
async fn page(_page: &mut Page) -> Result {
    Ok(())
}

fn main() {}
