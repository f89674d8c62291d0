use canarytrace::prelude::*;

#[monitor(params(
    quantity: u32 = -1,
    small: u8 = 256,
    count: u32 = "3",
    ratio: f64 = true,
    verbose: bool = 1,
    pause: duration = "2",
    home: url = "shop.example",
    otp: totp = "not base 32!",
    name: String,
    size: usize,
    key,
    key_file,
))]
async fn wrong(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(params(color = "red"))]
async fn read_as_what_it_is_not(browser: &mut Browser) -> Result {
    struct Color;
    let _color: Color = browser.param_as("color")?;
    Ok(())
}

fn main() {}
