//! Every kind of click, hovering, dragging, and the finger of a phone.

use canarytrace::prelude::*;

/// The mouse does what a hand does with it.
#[monitor(tags = ["actions"])]
async fn the_mouse_clicks_and_hovers(browser: &mut Browser) -> Result {
    browser.goto("/practice/mouse").await?;
    let last = test_id("last-click");
    browser
        .step("a click hits the middle, or the place that is asked for", async |page| {
            let pad = page.find(test_id("pad"));
            pad.click().await?;
            page.expect(&last).to_be("click left").await?;
            let size = pad.bounding_box().await?;
            let near = |text: &str, x: f64, y: f64| {
                let (is_x, is_y) = text.split_once(',').expect("two numbers");
                let off = |is: &str, wanted: f64| (is.parse::<f64>().expect("a number") - wanted).abs();
                assert!(off(is_x, x) <= 1.0 && off(is_y, y) <= 1.0, "{text} is not near {x},{y}");
            };
            near(&page.find(test_id("click-place")).text().await?, size.width / 2.0, size.height / 2.0);
            pad.click_with(Click::new().at(10.0, 20.0)).await?;
            page.expect(&last).to_be("click left").await?;
            near(&page.find(test_id("click-place")).text().await?, 10.0, 20.0);
            Ok(())
        })
        .await?;
    browser
        .step("a double click is two clicks and one double click", async |page| {
            page.find(test_id("double")).double_click().await?;
            page.expect(test_id("double-result")).to_be("2 clicks, 1 double clicks").await?;
            page.find(test_id("double")).click().await?;
            page.expect(test_id("double-result")).to_be("3 clicks, 1 double clicks").await
        })
        .await?;
    browser
        .step("a right click opens the page's menu", async |page| {
            page.find(test_id("context")).right_click().await?;
            page.find(role(Role::MenuItem, "Delete")).click().await?;
            page.expect(test_id("context-result")).to_be("delete").await
        })
        .await?;
    browser
        .step("a click with the middle button is one", async |page| {
            page.find(test_id("middle")).click_with(Click::new().button(Button::Middle)).await?;
            page.expect(test_id("middle-result")).to_be("1").await
        })
        .await?;
    browser
        .step("keys are held during a click, and released after it", async |page| {
            let button = page.find(test_id("modifiers"));
            let result = test_id("modifiers-result");
            for (held, told) in [
                (vec![Modifier::Control], "Ctrl"),
                (vec![Modifier::Control, Modifier::Shift], "Ctrl+Shift"),
                (vec![Modifier::Alt], "Alt"),
                (vec![Modifier::Meta], "Meta"),
                (vec![], "none"),
            ] {
                button.click_with(Click::new().modifiers(held)).await?;
                page.expect(&result).to_be(told).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("rows are selected with Control and Shift as in a file manager", async |page| {
            let selected = test_id("selected");
            page.find(test_id("file-one")).click().await?;
            page.find(test_id("file-three")).click_with(Click::new().modifiers([Modifier::Control])).await?;
            page.expect(&selected).to_be("one.txt, three.txt").await?;
            page.find(test_id("file-four")).click_with(Click::new().modifiers([Modifier::Shift])).await?;
            page.expect(&selected).to_be("three.txt, four.txt").await
        })
        .await?;
    browser
        .step("hovering shows what is shown to the mouse alone", async |page| {
            page.find(test_id("tooltip-button")).hover().await?;
            page.expect(role(Role::Tooltip, any())).to_be("This is the help").await?;
            page.find(test_id("hover-button")).hover().await?;
            page.expect(test_id("tooltip")).to_be_hidden().await?;
            page.find(role(Role::Link, "For the kitchen")).click().await?;
            page.expect(url()).to_contain("/search?q=kitchen").await
        })
        .await
}

/// Dragging works for pages that listen to drags, pointers or mice.
#[monitor(tags = ["actions"])]
async fn things_are_dragged(browser: &mut Browser) -> Result {
    browser.goto("/practice/drag").await?;
    browser
        .step("a parcel is dragged into the van by HTML5 events", async |page| {
            page.find(test_id("parcel")).drag_to(test_id("van")).await?;
            page.expect(test_id("van-content")).to_be("Parcel").await?;
            page.expect(test_id("drag-events")).to_be("dragstart dragenter dragover drop dragend").await
        })
        .await?;
    browser
        .step("a row is dragged to the place of another by HTML5 events", async |page| {
            page.find(test_id("sortable-html5-delta")).drag_to(test_id("sortable-html5-beta")).await?;
            page.expect(test_id("order-html5")).to_be("Alpha, Delta, Beta, Gamma").await
        })
        .await?;
    browser
        .step("a row is dragged to the place of another by pointer events", async |page| {
            page.find(test_id("sortable-alpha")).drag_to(test_id("sortable-beta")).await?;
            page.expect(test_id("order")).to_be("Beta, Alpha, Gamma, Delta").await
        })
        .await?;
    browser
        .step("a slider is dragged to its middle", async |page| {
            page.find(test_id("thumb")).drag_to(test_id("slider")).await?;
            page.expect(test_id("volume")).to_be("50").await?;
            page.find(role(Role::Slider, "Volume")).press("PageUp").await?;
            page.expect(test_id("volume")).to_be("60").await
        })
        .await?;
    browser
        .step("what follows the mouse is dragged", async |page| {
            page.find(test_id("free")).drag_to(test_id("free-stage")).await?;
            page.expect(test_id("free-place")).not().to_be("0,0").await?;
            let (stage, square) = (
                page.find(test_id("free-stage")).bounding_box().await?,
                page.find(test_id("free")).bounding_box().await?,
            );
            let off = (stage.x + stage.width / 2.0) - (square.x + square.width / 2.0);
            assert!(off.abs() <= 2.0, "the square is {off} px from the middle");
            Ok(())
        })
        .await
}

/// A phone is tapped.
#[monitor(device = "mobile", tags = ["actions"])]
async fn a_phone_is_tapped(browser: &mut Browser) -> Result {
    browser.goto("/practice/mouse").await?;
    browser
        .step("a tap is a click by a finger", async |page| {
            let listen = "window.kinds = []; for (const type of ['pointerdown', 'touchstart', 'touchend', 'click']) \
                addEventListener(type, (event) => window.kinds.push(type + ' ' + (event.pointerType ?? '')), true);";
            page.evaluate::<()>(listen, vec![]).await?;
            page.find(test_id("pad")).click().await?;
            page.expect(test_id("last-click")).to_be("click left").await?;
            let kinds: Vec<String> = page.evaluate("return window.kinds", vec![]).await?;
            assert_eq!(kinds, ["pointerdown touch", "touchstart ", "touchend ", "click touch"]);
            Ok(())
        })
        .await?;
    browser
        .step("a tap waits and scrolls as a click does", async |page| {
            page.goto("/practice/covered?for=800").await?;
            page.find(test_id("under-overlay")).click().await?;
            page.expect(test_id("under-overlay-clicks")).to_be("1").await?;
            for (id, clicks) in [("in-box", "in-box-clicks"), ("far-down", "far-down-clicks")] {
                page.find(test_id(id)).click().await?;
                page.expect(test_id(clicks)).to_be("1").await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("a form is filled in and checked by a finger", async |page| {
            page.goto("/practice/choices").await?;
            page.find(label("Plain")).check().await?;
            page.find(label(exact("Country"))).select("Austria").await?;
            page.expect(label("Plain")).to_be_checked().await?;
            page.goto("/practice/inputs").await?;
            page.find(label("First name")).fill("Ada").await?;
            page.find(label("Last name")).type_text("Lovelace").await?;
            page.find(test_id("submit")).click().await?;
            page.expect(test_id("sent")).to_be("first=Ada&last=Lovelace").await
        })
        .await
}
