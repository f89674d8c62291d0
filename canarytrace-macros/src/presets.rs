//! The presets of `throttle = "…"` by name.

/// The names of the library's presets; a test compares them.
pub(crate) const PRESETS: [&str; 14] = [
    "none",
    "desktopDense4G",
    "mobileSlow4G",
    "mobileRegular3G",
    "slow3G",
    "fast3G",
    "fast4G",
    "3G",
    "4G",
    "LTE",
    "cable",
    "dsl",
    "fibre",
    "2G",
];
