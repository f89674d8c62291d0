use canarytrace::prelude::*;

#[monitor(budget(lcp <= 2.5, cls <= "0.1s", transfer <= 2_000_000, requests <= "80", performance_score <= 90))]
async fn units(_browser: &mut Browser) -> Result {
    Ok(())
}

#[monitor(budget(step.lcp <= "2s", step("pay").lpc <= "2s", mark <= "2s", warn <= "2s", warn(transfer <= "2s")))]
async fn forms(_browser: &mut Browser) -> Result {
    Ok(())
}

fn main() {}
