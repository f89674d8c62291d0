//! Filling in every kind of field, checking and selecting.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

/// Fields take what is given to them, whatever they make of it.
#[monitor(tags = ["actions", "forms"])]
async fn fields_are_filled_in(browser: &mut Browser) -> Result {
    browser.goto("/practice/inputs").await?;
    browser
        .step("a field that reformats while one types gets its text by fill and by keys", async |page| {
            for (id, given, becomes) in [
                ("card", "4242424242424242", "4242 4242 4242 4242"),
                ("phone", "5550100000", "(555) 010-0000"),
                ("amount", "1234567.8", "€1,234,567.8"),
                ("upper", "spring-26", "SPRING-26"),
                ("digits", "1a2b3", "123"),
            ] {
                page.find(test_id(id)).fill(given).await?;
                page.expect(test_id(id)).to_have_value(becomes).await?;
                page.find(test_id(id)).clear().await?;
                page.expect(test_id(id)).to_have_value("").await?;
                page.find(test_id(id)).type_text(given).await?;
                page.expect(test_id(id)).to_have_value(becomes).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step(
            "a field whose value is set again, or that is rebuilt, at each keystroke keeps every character",
            async |page| {
                for id in ["controlled", "rebuilt"] {
                    page.find(test_id(id)).fill("Ada").await?;
                    page.expect(test_id(format!("{id}-state"))).to_be("Ada").await?;
                    page.find(test_id(id)).type_text(" Lovelace").await?;
                    page.expect(test_id(format!("{id}-state"))).to_be("Ada Lovelace").await?;
                    page.find(test_id(id)).fill("").await?;
                    page.expect(test_id(format!("{id}-state"))).to_be("").await?;
                }
                Ok(())
            },
        )
        .await?;
    browser
        .step("a field keeps its limits, and fill replaces what was there", async |page| {
            page.find(test_id("ten")).fill("abcdefghijklmnop").await?;
            page.expect(test_id("ten")).to_have_value("abcdefghij").await?;
            page.find(test_id("ten")).fill("short").await?;
            page.expect(test_id("ten")).to_have_value("short").await?;
            for (id, value) in
                [("number", "7"), ("email", "ada@example.com"), ("password", "hush & hush"), ("search", "desk lamp")]
            {
                page.find(test_id(id)).fill(value).await?;
                page.expect(test_id(id)).to_have_value(value).await?;
            }
            page.find(test_id("number")).type_text("5").await?;
            page.expect(test_id("number")).to_have_value("75").await
        })
        .await?;
    browser
        .step("a longer text keeps its lines, and every script of the world", async |page| {
            let area = page.find(test_id("textarea"));
            let letter = "Grüße,\nžluťoučký kůň\n\n你好 🐤 \"<b>&amp;";
            area.fill(letter).await?;
            assert_eq!(area.value().await?, letter);
            area.fill("").await?;
            area.type_text("one\ntwo 🐤").await?;
            assert_eq!(area.value().await?, "one\ntwo 🐤");
            Ok(())
        })
        .await?;
    browser
        .step("editable text is filled in, typed into and cleared", async |page| {
            let editor = page.find(role(Role::Textbox, "Rich text"));
            let says = test_id("editor-text");
            editor.fill("Plain text").await?;
            page.expect(&says).to_be("Plain text").await?;
            editor.type_text(", typed").await?;
            page.expect(&says).to_be("Plain text, typed").await?;
            editor.clear().await?;
            page.expect(&says).to_be_empty().await
        })
        .await?;
    browser
        .step("typing makes the events of a keyboard, filling makes one input event", async |page| {
            let events = test_id("events");
            page.find(test_id("watched")).type_text("ab").await?;
            page.expect(&events)
                .to_be("focus keydown:a beforeinput:a input:a keyup:a keydown:b beforeinput:b input:b keyup:b")
                .await?;
            page.find(test_id("watched")).blur().await?;
            page.expect(&events).to_match("change blur\\s*$").await?;
            page.find(test_id("watched")).fill("c").await?;
            page.expect(&events).to_match("blur focus beforeinput:c input:c\\s*$").await
        })
        .await?;
    browser
        .step("a field that is checked late, and a form that Enter sends", async |page| {
            page.find(label(exact("Nickname"))).fill("Ada").await?;
            page.expect(test_id("nickname-state")).to_be("taken").await?;
            page.find(label(exact("Nickname"))).type_text("m").await?;
            page.expect(test_id("nickname-state")).to_be("free").await?;
            page.find(label("First name")).fill("Ada").await?;
            page.find(label("Last name")).fill("Love").await?;
            page.find(label("Last name")).type_text("lace").await?;
            page.find(label("Last name")).press("Enter").await?;
            page.expect(test_id("sent")).to_be("first=Ada&last=Lovelace").await
        })
        .await
}

/// Boxes are checked, options chosen, whoever draws them.
#[monitor(tags = ["actions", "forms"])]
async fn choices_are_made(browser: &mut Browser) -> Result {
    browser.goto("/practice/choices").await?;
    let checked = test_id("checked");
    browser
        .step("a checkbox is checked and unchecked, and left alone when it is right", async |page| {
            page.find(label("Plain")).check().await?;
            page.find(label("Plain")).check().await?;
            page.expect(&checked).to_be("plain, prechecked").await?;
            page.find(label("Checked before")).uncheck().await?;
            page.find(label("Checked before")).uncheck().await?;
            page.find(label("Neither yes nor no")).check().await?;
            page.expect(&checked).to_be("plain, partly").await?;
            page.expect(label("Plain")).to_be_checked().await?;
            page.expect(label("Checked before")).not().to_be_checked().await?;
            assert!(page.find(label("Plain")).is_checked().await?);
            failed(
                page.find(test_id("disabled-box")).timeout(SOON).check().await,
                FailureKind::Locator,
                &["could not check", "is disabled"],
            );
            page.find(label("Plain")).uncheck().await?;
            page.find(label("Neither yes nor no")).uncheck().await
        })
        .await?;
    browser
        .step("a box that the page draws, a switch, and a box that is checked late are checked", async |page| {
            page.find(test_id("hidden-box")).check().await?;
            page.find(test_id("switch")).check().await?;
            page.find(role(Role::Switch, any())).check().await?;
            page.expect(&checked).to_be("hidden-box, switch").await?;
            page.find(test_id("late-box")).check().await?;
            page.expect(&checked).to_be("hidden-box, late-box, switch").await?;
            page.find(test_id("switch")).uncheck().await?;
            page.find(test_id("hidden-box")).uncheck().await?;
            page.expect(&checked).to_be("late-box").await
        })
        .await?;
    browser
        .step("a box that clicks do not check fails, and says so", async |page| {
            failed(
                page.find(test_id("stubborn")).timeout(SOON).check().await,
                FailureKind::Locator,
                &["could not check", "was clicked and is still not checked"],
            );
            Ok(())
        })
        .await?;
    browser
        .step("radio buttons are chosen, those that the page draws too", async |page| {
            page.find(role(Role::Radio, "Large")).check().await?;
            page.find(test_id("bike")).check().await?;
            page.expect(test_id("chosen")).to_be("large, bike").await?;
            page.expect(test_id("medium")).not().to_be_checked().await
        })
        .await?;
    browser
        .step("an option is selected by its label or value, once it is there", async |page| {
            let selected = test_id("selected");
            page.find(label(exact("Country"))).select("Austria").await?;
            page.expect(&selected).to_be("country: at").await?;
            page.find(test_id("city")).select("Linz").await?;
            page.expect(&selected).to_be("city: linz").await?;
            page.find(label(exact("Country"))).select("se").await?;
            page.expect(label(exact("Country"))).to_have_value("se").await?;
            page.find(test_id("city")).select("lund").await?;
            page.expect(&selected).to_be("city: lund").await
        })
        .await?;
    browser
        .step("an option that is not there or is disabled fails, and says what there is", async |page| {
            let country = page.find(label(exact("Country"))).timeout(SOON);
            failed(
                country.select("Atlantis").await,
                FailureKind::Locator,
                &["could not select", "has no option \"Atlantis\"", "\"Austria\", \"Czechia\""],
            );
            failed(country.select("Nowhere").await, FailureKind::Locator, &["has the option \"Nowhere\" disabled"]);
            failed(country.select_all(&["Austria", "Czechia"]).await, FailureKind::Locator, &["takes one option"]);
            Ok(())
        })
        .await?;
    browser
        .step("several options are selected, and no others", async |page| {
            page.find(test_id("toppings")).select_all(&["Cheese", "o"]).await?;
            page.expect(test_id("selected")).to_be("toppings: Cheese, Olives").await?;
            page.find(test_id("toppings")).select("Peppers").await?;
            page.expect(test_id("selected")).to_be("toppings: Peppers").await
        })
        .await?;
    browser
        .step("listbox, combobox, tabs and details of the page are used by clicks and keys", async |page| {
            page.find(role(Role::Button, "Choose a colour")).click().await?;
            page.find(role(Role::Option, "Green")).click().await?;
            page.expect(test_id("listbox-value")).to_be("Green").await?;
            page.find(role(Role::Combobox, "Fruit")).type_text("an").await?;
            page.find(role(Role::Option, "Banana")).click().await?;
            page.expect(test_id("combobox-value")).to_be("Banana").await?;
            page.find(label(exact("Fruit"))).fill("berry").await?;
            page.expect(role(Role::Option, any()).within(test_id("suggestions"))).to_have_count(2).await?;
            page.find(label(exact("Fruit"))).press("ArrowDown").await?;
            page.find(label(exact("Fruit"))).press("ArrowDown").await?;
            page.find(label(exact("Fruit"))).press("Enter").await?;
            page.expect(test_id("combobox-value")).to_be("Blueberry").await?;
            page.find(role(Role::Tab, "Two")).click().await?;
            page.expect(role(Role::TabPanel, any())).to_be("View two").await?;
            page.expect(test_id("details-text")).to_be_hidden().await?;
            page.find(test_id("summary")).click().await?;
            page.expect(test_id("details-text")).to_be_visible().await
        })
        .await
}

/// Dates, colours and ranges are filled in as the specification writes them.
#[monitor(tags = ["actions", "forms"])]
async fn dates_are_filled_in(browser: &mut Browser) -> Result {
    browser.goto("/practice/dates").await?;
    browser
        .step("fields of the browser take dates, times, colours and ranges", async |page| {
            for (id, value) in [
                ("date", "2026-12-24"),
                ("time", "18:30"),
                ("datetime", "2026-12-24T18:30"),
                ("month", "2026-12"),
                ("week", "2026-W52"),
                ("color", "#2f7ae5"),
                ("range", "75"),
            ] {
                page.find(test_id(id)).fill(value).await?;
                page.expect(test_id(id)).to_have_value(value).await?;
                page.expect(test_id("native-value")).to_be(&format!("{id}: {value}")).await?;
            }
            page.find(test_id("date")).clear().await?;
            page.expect(test_id("date")).to_have_value("").await
        })
        .await?;
    browser
        .step("a value that the field can't take fails at once, and says what became of it", async |page| {
            failed(
                page.find(test_id("date")).fill("24.12.2026").await,
                FailureKind::Locator,
                &["could not fill test id \"date\"", "\"24.12.2026\" as the value of an input of type date is none"],
            );
            failed(page.find(test_id("range")).fill("500").await, FailureKind::Locator, &["was taken as \"100\""]);
            Ok(())
        })
        .await?;
    browser
        .step("a day is chosen in a calendar of the page", async |page| {
            page.find(label(exact("Arrival"))).click().await?;
            page.find(role(Role::Button, "Next month")).click().await?;
            page.expect(test_id("month-name")).to_be("April 2026").await?;
            page.find(role(Role::Button, exact("1 April 2026"))).click().await?;
            page.expect(test_id("arrival-value")).to_be("2026-04-01").await?;
            page.expect(role(Role::Dialog, any())).to_be_hidden().await
        })
        .await?;
    browser
        .step("a date that is typed is understood when the field is left", async |page| {
            page.find(label("Birthday")).type_text("10121815").await?;
            page.expect(label("Birthday")).to_have_value("10.12.1815").await?;
            page.find(label("Birthday")).press("Tab").await?;
            page.expect(test_id("typed-value")).to_be("1815-12-10").await
        })
        .await
}
