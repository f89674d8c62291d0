//! What the browser lets the page do without asking, and where it says the device is.

use serde_json::json;
use url::Url;

use super::page::Page;
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// Something that a browser asks people for before it lets a page do it (Permissions, "powerful features").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// Where the device is; see [`Page::set_geolocation`].
    Geolocation,
    /// Messages of the operating system.
    Notifications,
    /// Reading the clipboard.
    ClipboardRead,
    /// Writing to the clipboard without a click before it.
    ClipboardWrite,
    /// Pictures of the camera.
    Camera,
    /// Sound of the microphone.
    Microphone,
    /// Musical instruments.
    Midi,
    /// Fonts of the machine.
    LocalFonts,
    /// Cookies of a site in frames of other sites.
    StorageAccess,
    /// Windows on all screens.
    WindowManagement,
    /// A screen that is not switched off.
    ScreenWakeLock,
}

impl Permission {
    /// The name in the Permissions API.
    fn name(self) -> &'static str {
        match self {
            Self::Geolocation => "geolocation",
            Self::Notifications => "notifications",
            Self::ClipboardRead => "clipboard-read",
            Self::ClipboardWrite => "clipboard-write",
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::Midi => "midi",
            Self::LocalFonts => "local-fonts",
            Self::StorageAccess => "storage-access",
            Self::WindowManagement => "window-management",
            Self::ScreenWakeLock => "screen-wake-lock",
        }
    }
}

impl Page {
    /// Allows something to the origin of the page, as a person would who is asked (`Browser.setPermission`).
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the page has no origin, such as `about:blank`.
    pub async fn grant_permissions(&self, permissions: &[Permission]) -> Result {
        let url = self.url().await?;
        let origin = Url::parse(&url).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
        let Some(origin) = origin else {
            return Err(Failure::harness(format!(
                "permissions belong to an origin, which {url} has not: open a page first"
            )));
        };
        for permission in permissions {
            let what = format!("grant the permission {}", permission.name());
            let params = json!({
                "permission": { "name": permission.name() },
                "setting": "granted",
                "origin": origin.ascii_serialization(),
            });
            self.browser_call(&what, "Browser.setPermission", params).await?;
        }
        Ok(())
    }

    /// Takes back everything that was granted, for all origins.
    pub async fn reset_permissions(&self) -> Result {
        self.browser_call("reset the permissions", "Browser.resetPermissions", json!({})).await
    }

    /// Says where the device is, to those pages of this window that may know it
    /// ([`Permission::Geolocation`]): latitude and longitude in degrees, accuracy in metres.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when there is no such place.
    pub async fn set_geolocation(&self, latitude: f64, longitude: f64, accuracy: f64) -> Result {
        let there = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) && accuracy >= 0.0;
        if !there {
            return Err(Failure::harness(format!(
                "there is no place at latitude {latitude}, longitude {longitude} with an accuracy of {accuracy} m: \
                 latitudes go from -90 to 90 and longitudes from -180 to 180"
            )));
        }
        let params = json!({ "latitude": latitude, "longitude": longitude, "accuracy": accuracy });
        self.cdp("set the geolocation", "Emulation.setGeolocationOverride", params).await.map(drop)
    }

    /// Says the truth again about where the device is.
    pub async fn clear_geolocation(&self) -> Result {
        self.cdp("clear the geolocation", "Emulation.clearGeolocationOverride", json!({})).await.map(drop)
    }

    /// Calls a method of the browser, which no page can hold up.
    async fn browser_call(&self, what: &str, method: &str, params: serde_json::Value) -> Result {
        self.ready(what).await?;
        tokio::select! {
            failure = self.end() => Err(failure.context(format_args!("could not {what}"))),
            reply = self.shared.connection.send(None, method, params) => reply.map(drop).map_err(|error| {
                Failure::new(FailureKind::Assertion, format!("could not {what}: {error}"))
            }),
        }
    }
}
