use canarytrace::prelude::*;

#[monitor]
async fn none() -> Result {
    Ok(())
}

#[monitor]
async fn two(_browser: &mut Browser, _user: &str) -> Result {
    Ok(())
}

#[monitor]
async fn by_value(_browser: Browser) -> Result {
    Ok(())
}

#[monitor]
async fn shared(_browser: &Browser) -> Result {
    Ok(())
}

struct Shop;

impl Shop {
    #[monitor]
    async fn method(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
