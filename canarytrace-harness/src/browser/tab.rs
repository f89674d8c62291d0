//! What is set on a tab over the DevTools protocol, because no flag can.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::capabilities::DESKTOP;
use crate::config::{Config, Device};
use crate::devtools::{CdpError, Session};

/// Prepares the first tab: viewport, timezone, locale, extra headers.
pub(super) async fn prepare(tab: &Session, config: &Config, device: Device) -> Result<(), CdpError> {
    let viewport = async { if device == Device::Desktop { set_viewport(tab).await } else { Ok(()) } };
    tokio::try_join!(viewport, set_up(tab, config)).map(drop)
}

/// What belongs to each tab, also to those that a page opens: focus, timezone, locale, extra headers. Their size is the
/// page's choice. All is sent before the first reply is waited for: a window that was stopped at its start has no
/// renderer yet, and gives no reply before it is let go on.
///
/// Timezone and locale hold for a renderer's whole process, and a second tab in it is refused what it has already. (One
/// that goes on to a process of its own has them from the browser itself when that is ours.)
pub(crate) async fn set_up(tab: &Session, config: &Config) -> Result<(), CdpError> {
    // As for a person who looks at it: without the focus a page has no clipboard, and its fields no caret.
    let mut settings = vec![("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))];
    if let Some(timezone) = &config.timezone {
        settings.push(("Emulation.setTimezoneOverride", json!({ "timezoneId": timezone })));
    }
    // `Intl` takes its default from the browser's own language, which Linux doesn't let us choose by flag.
    settings.push(("Emulation.setLocaleOverride", json!({ "locale": config.locale })));
    if !config.headers.is_empty() {
        let headers: Map<String, Value> =
            config.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        settings.push(("Network.enable", json!({})));
        settings.push(("Network.setExtraHTTPHeaders", json!({ "headers": headers })));
    }
    let sent = settings.into_iter().map(|(method, params)| tab.send(method, params));
    join_all(sent).await.into_iter().try_for_each(once)
}

/// What is in effect already need not be set.
fn once(reply: Result<Value, CdpError>) -> Result<(), CdpError> {
    match reply {
        Err(CdpError::Refused { message, .. }) if message.contains("already in effect") => Ok(()),
        reply => reply.map(drop),
    }
}

/// Gives the page 1920x1080 CSS pixels.
///
/// `--window-size` is the outer size, of which headless Chromium keeps some for bars that nobody sees (143 pixels of
/// height in version 156).
async fn set_viewport(tab: &Session) -> Result<(), CdpError> {
    let (width, height) = viewport(tab).await?;
    if (width, height) == DESKTOP {
        return Ok(());
    }
    let connection = tab.connection();
    let window = connection.send(None, "Browser.getWindowForTarget", json!({ "targetId": tab.target_id() })).await?;
    let bounds = json!({
        "width": window["bounds"]["width"].as_i64().unwrap_or(DESKTOP.0) + DESKTOP.0 - width,
        "height": window["bounds"]["height"].as_i64().unwrap_or(DESKTOP.1) + DESKTOP.1 - height,
    });
    connection
        .send(None, "Browser.setWindowBounds", json!({ "windowId": window["windowId"], "bounds": bounds }))
        .await?;
    if viewport(tab).await? != DESKTOP {
        // A window on a real screen can't be larger than that: then the page is told so.
        let metrics = json!({ "width": DESKTOP.0, "height": DESKTOP.1, "deviceScaleFactor": 0, "mobile": false });
        tab.send("Emulation.setDeviceMetricsOverride", metrics).await?;
    }
    Ok(())
}

async fn viewport(tab: &Session) -> Result<(i64, i64), CdpError> {
    let size = evaluate(tab, "[innerWidth, innerHeight]").await?;
    Ok((size[0].as_i64().unwrap_or_default(), size[1].as_i64().unwrap_or_default()))
}

async fn evaluate(tab: &Session, expression: &str) -> Result<Value, CdpError> {
    let mut reply = tab.send("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true })).await?;
    Ok(reply["result"]["value"].take())
}
