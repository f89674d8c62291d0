use canarytrace::prelude::*;

#[monitor]
async fn type_parameter<T: Send>(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor]
async fn lifetime<'a>(_browser: &'a mut Browser) -> Result {
    Ok(())
}

#[monitor]
async fn bounds(_browser: &mut Browser) -> Result
where
    u8: Send,
{
    Ok(())
}

fn main() {}
