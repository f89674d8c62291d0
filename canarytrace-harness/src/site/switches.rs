//! The faults of the shop that a visitor can switch on, for that visitor alone.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::site::wait::LONGEST_WAIT;

/// How much longer a slowed-down page takes unless said otherwise, in ms.
const USUAL_WAIT: u64 = 1000;

/// A fault of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Switch {
    Slow,
    SlowCheckout,
    Error500OnCheckout,
    BrokenImages,
    JsError,
    CookieBanner,
    PriceMissing,
    WrongTotal,
    EmptySearch,
    ReRenderBasket,
    PaymentDeclined,
    SessionLost,
}

impl Switch {
    /// All of them, with their name in URLs and what each does.
    pub(super) const ALL: [(Self, &'static str, &'static str); 12] = [
        (Self::Slow, "slow", "Every page of the shop takes 1000 ms more, or what was set with ms."),
        (Self::SlowCheckout, "slow-checkout", "Only the checkout takes that much more."),
        (Self::Error500OnCheckout, "error-500-on-checkout", "The checkout answers 500."),
        (Self::BrokenImages, "broken-images", "The pictures of the products are not there (404)."),
        (Self::JsError, "js-error", "A script throws on every page of the shop."),
        (Self::CookieBanner, "cookie-banner", "A banner covers the shop until it is accepted, once for each tab."),
        (Self::PriceMissing, "price-missing", "Products have no price in lists and on their pages."),
        (Self::WrongTotal, "wrong-total", "The total in the basket is one euro more than it should be."),
        (Self::EmptySearch, "empty-search", "The search finds nothing."),
        (Self::ReRenderBasket, "re-render-basket", "The lines of the basket are replaced every 50 ms."),
        (Self::PaymentDeclined, "payment-declined", "The practice card is declined."),
        (Self::SessionLost, "session-lost", "On paying, the login is forgotten."),
    ];

    /// The fault of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(switch, ..)| *switch)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(known, ..)| *known == self).map_or("", |(_, name, _)| name)
    }
}

/// The faults that are switched on.
#[derive(Clone, Debug, Default)]
pub(super) struct Switches {
    on: BTreeSet<Switch>,
    /// How much longer slowed-down pages take, in ms, where it was said.
    wait: Option<u64>,
}

impl Switches {
    /// Whether this one is on.
    pub(super) fn on(&self, switch: Switch) -> bool {
        self.on.contains(&switch)
    }

    /// Switches one on or off.
    pub(super) fn set(&mut self, switch: Switch, on: bool) {
        if on {
            self.on.insert(switch);
        } else {
            self.on.remove(&switch);
        }
    }

    /// Sets how much longer slowed-down pages take, in ms.
    pub(super) fn set_wait(&mut self, wait: u64) {
        self.wait = Some(wait.min(LONGEST_WAIT));
    }

    /// How much longer slowed-down pages take, in ms.
    pub(super) fn wait_ms(&self) -> u64 {
        self.wait.unwrap_or(USUAL_WAIT)
    }

    /// How much longer the page at this path takes.
    pub(super) fn delay(&self, path: &str) -> Duration {
        let slow = self.on(Switch::Slow) || self.on(Switch::SlowCheckout) && path == "/checkout";
        Duration::from_millis(if slow { self.wait_ms() } else { 0 })
    }

    /// The names of those that are on.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.on.iter().map(|switch| switch.name()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own() {
        for (switch, name, _) in Switch::ALL {
            assert_eq!((Switch::named(name), switch.name()), (Some(switch), name));
        }
        assert_eq!(Switch::named("unknown"), None);
    }

    #[test]
    fn a_page_is_slowed_down_as_switched() {
        let mut switches = Switches::default();
        assert_eq!(switches.delay("/checkout"), Duration::ZERO);
        switches.set(Switch::SlowCheckout, true);
        assert_eq!([switches.delay("/"), switches.delay("/checkout")].map(|wait| wait.as_millis()), [0, 1000]);
        switches.set(Switch::Slow, true);
        switches.set_wait(u64::MAX);
        assert_eq!(switches.delay("/").as_millis(), 60_000);
    }
}
