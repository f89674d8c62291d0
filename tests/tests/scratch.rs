//! scratch
use canarytrace::prelude::*;
use std::time::{Duration, Instant};

const PAGE: &str = r#"data:text/html,<!doctype html><title>Scratch</title>
<h1>Hello</h1><button id=a data-test=go onclick="o.textContent=++window.n">Pay <b>now</b></button><button hidden id=h>Hid</button>
<button id=later disabled>Later</button><p id=o>0</p><label>Name <input id=name></label><input type=date id=d aria-label=Date>
<input placeholder=Search><img alt=Lamp src=x><input type=checkbox id=c aria-label=Check><select id=s><option value=1>One<option value=2>Two</select>
<ul><li>Lamp <button>Buy</button></li><li>Mug <button>Buy</button></li></ul><my-x></my-x>
<iframe id=f srcdoc="<p style='height:30px'>x</p><button onclick='this.textContent=7'>Inside</button><input id=i>"></iframe>
<script>n=0;customElements.define('my-x', class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<div class=card><button aria-label=deep onclick="this.textContent=9">x</button></div>'}})
</script>"#;

/// Scratch.
#[monitor]
async fn scratch(browser: &mut Browser) -> Result {
    let p = browser;
    p.goto(PAGE).await?;
    let t = Instant::now();
    for (n, l) in [
        css("#a"),
        text("pay now"),
        role(Role::Button, "Pay now"),
        test_id("go"),
        xpath("//button[@id='a']"),
        css("button").filter(has_text("Pay")),
    ]
    .into_iter()
    .enumerate()
    {
        let s = Instant::now();
        p.find(&l).click().await?;
        let mid = s.elapsed();
        p.expect(css("#o")).to_be(&(n + 1).to_string()).await?;
        eprintln!("{l}: click {mid:?} check {:?}", s.elapsed() - mid);
    }
    eprintln!("6 clicks {:?}", t.elapsed());
    p.find(label("Name")).fill("Ada").await?;
    p.expect(css("#name")).to_have_value("Ada").await?;
    p.find(label("Name")).type_text(" Lovelace").await?;
    p.expect(css("#name")).to_have_value("Ada Lovelace").await?;
    p.find(label("Name")).press("Control+A").await?;
    p.find(label("Name")).press("Delete").await?;
    p.expect(css("#name")).to_have_value("").await?;
    p.find(label("Date")).fill("2026-11-22").await?;
    p.expect(css("#d")).to_have_value("2026-11-22").await?;
    p.find(placeholder("search")).fill("x").await?;
    p.expect(alt_text("lamp")).to_have_count(1).await?;
    p.find(label("Check")).check().await?;
    p.expect(css("#c")).to_be_checked().await?;
    p.find(label("Check")).uncheck().await?;
    p.expect(css("#c")).not().to_be_checked().await?;
    p.find(css("#s")).select("Two").await?;
    p.expect(css("#s")).to_have_value("2").await?;
    p.find(role(Role::Button, "Buy").within(css("li").filter(has_text("Mug")))).click().await?;
    p.find(css("my-x .card > button")).click().await?;
    p.expect(role(Role::Button, exact("deep"))).to_be("9").await?;
    let f = p.frame(css("#f"));
    f.find(text("Inside")).click().await?;
    f.expect(css("button")).to_be("7").await?;
    f.find(css("#i")).fill("frame").await?;
    f.find(css("#i")).type_text("d").await?;
    f.expect(css("#i")).to_have_value("framed").await?;
    let short = Duration::from_millis(200);
    for l in [
        css("#aa"),
        text("Pay new"),
        role(Role::Button, "Pay later"),
        test_id("goo"),
        css("button"),
        css("#h"),
        css("#later"),
        css("b["),
        xpath("//["),
        label("Nam e"),
    ] {
        let e = p.find(l).timeout(short).click().await.unwrap_err();
        eprintln!("  {:?}: {}", e.kind, e.message);
    }
    let e = p.expect(css("#o")).timeout(short).to_be("12").await.unwrap_err();
    eprintln!("  {:?}: {}", e.kind, e.message);
    let e = p.expect(css("#oo")).timeout(short).not().to_contain("12").await.unwrap_err();
    eprintln!("  {:?}: {}", e.kind, e.message);
    p.expect_soft(title()).timeout(short).to_match("^Scr.tchy").await?;
    Ok(())
}

fn main() -> std::process::ExitCode {
    canarytrace::main()
}
