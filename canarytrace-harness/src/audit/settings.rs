//! What Lighthouse is asked for: presets of network, processor and screen.

use serde_json::{Value, json};

use crate::config::{AuditThrottling, Config};
use crate::record::audit::{AuditSettings, AuditThrottling as Slowness};

/// One preset in figures. Those of the network are Lighthouse's own, which the original used as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Preset {
    /// `mobile` or `desktop`: which screen is emulated, and which curves turn figures into scores.
    pub(crate) form_factor: &'static str,
    /// `simulate`: the page is loaded as fast as it can be, and how long it would have taken is computed. `provided`:
    /// what was observed counts.
    pub(crate) method: &'static str,
    rtt_ms: f64,
    throughput_kbps: f64,
    request_latency_ms: f64,
    download_throughput_kbps: f64,
    upload_throughput_kbps: f64,
    cpu_slowdown_multiplier: f64,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) device_scale_factor: f64,
}

const DESKTOP: Preset = Preset {
    form_factor: "desktop",
    method: "simulate",
    rtt_ms: 40.0,
    throughput_kbps: 10_240.0,
    request_latency_ms: 0.0,
    download_throughput_kbps: 0.0,
    upload_throughput_kbps: 0.0,
    cpu_slowdown_multiplier: 1.0,
    width: 1350,
    height: 940,
    device_scale_factor: 1.0,
};

const SLOW_4G: Preset = Preset {
    form_factor: "mobile",
    method: "simulate",
    rtt_ms: 150.0,
    throughput_kbps: 1638.4,
    request_latency_ms: 562.5,
    download_throughput_kbps: 1474.56,
    upload_throughput_kbps: 675.0,
    cpu_slowdown_multiplier: 4.0,
    width: 360,
    height: 640,
    device_scale_factor: 2.625,
};

const REGULAR_3G: Preset = Preset {
    rtt_ms: 300.0,
    throughput_kbps: 700.0,
    request_latency_ms: 1125.0,
    download_throughput_kbps: 630.0,
    upload_throughput_kbps: 630.0,
    ..SLOW_4G
};

/// The figures of a preset.
pub(crate) fn preset(name: AuditThrottling) -> Preset {
    match name {
        AuditThrottling::DesktopDense4G => DESKTOP,
        AuditThrottling::MobileSlow4G => SLOW_4G,
        AuditThrottling::MobileRegular3G => REGULAR_3G,
        AuditThrottling::None => Preset { method: "provided", rtt_ms: 0.0, throughput_kbps: 0.0, ..DESKTOP },
    }
}

/// Settings of an audit that is not Lighthouse's, as its document has them: nothing was slowed down.
pub(crate) fn unthrottled(config: &Config, user_agent: Option<String>) -> AuditSettings {
    let none = preset(AuditThrottling::None);
    let preset = preset(config.audit_throttling);
    AuditSettings {
        form_factor: Some(preset.form_factor.to_owned()),
        max_wait_for_fcp: Some(millis(config.audit_max_wait_fcp)),
        max_wait_for_load: Some(millis(config.audit_max_wait_load)),
        throttling: Some(Slowness {
            rtt_ms: Some(none.rtt_ms),
            throughput_kbps: Some(none.throughput_kbps),
            request_latency_ms: Some(none.request_latency_ms),
            download_throughput_kbps: Some(none.download_throughput_kbps),
            upload_throughput_kbps: Some(none.upload_throughput_kbps),
            cpu_slowdown_multiplier: Some(none.cpu_slowdown_multiplier),
        }),
        emulated_user_agent: user_agent,
    }
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Lighthouse's flags. Its user agents are those of the version that is pinned, unless one is named.
pub(super) fn flags(config: &Config) -> Value {
    let preset = preset(config.audit_throttling);
    let mut flags = json!({
        "logLevel": config.audit_log_level.as_str(),
        "onlyCategories": ["performance"],
        "formFactor": preset.form_factor,
        "screenEmulation": {
            "mobile": preset.form_factor == "mobile",
            "width": preset.width,
            "height": preset.height,
            "deviceScaleFactor": preset.device_scale_factor,
            "disabled": false,
        },
        "throttlingMethod": preset.method,
        "throttling": {
            "rttMs": preset.rtt_ms,
            "throughputKbps": preset.throughput_kbps,
            "requestLatencyMs": preset.request_latency_ms,
            "downloadThroughputKbps": preset.download_throughput_kbps,
            "uploadThroughputKbps": preset.upload_throughput_kbps,
            "cpuSlowdownMultiplier": preset.cpu_slowdown_multiplier,
        },
        "maxWaitForFcp": millis(config.audit_max_wait_fcp),
        "maxWaitForLoad": millis(config.audit_max_wait_load),
        // Only the report shows it, and it takes a second.
        "disableFullPageScreenshot": !config.audit_report.is_wanted(),
    });
    if let Some(user_agent) = &config.user_agent {
        flags["emulatedUserAgent"] = user_agent.as_str().into();
    }
    if !config.headers.is_empty() {
        flags["extraHeaders"] = config.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_presets_are_the_originals() {
        let figures = |name| {
            let Preset { rtt_ms, throughput_kbps, cpu_slowdown_multiplier, width, height, .. } = preset(name);
            (rtt_ms, throughput_kbps, cpu_slowdown_multiplier, width, height)
        };
        assert_eq!(figures(AuditThrottling::DesktopDense4G), (40.0, 10_240.0, 1.0, 1350, 940));
        assert_eq!(figures(AuditThrottling::MobileSlow4G), (150.0, 1638.4, 4.0, 360, 640));
        assert_eq!(figures(AuditThrottling::MobileRegular3G), (300.0, 700.0, 4.0, 360, 640));
        let applied = |name| {
            let preset = preset(name);
            (preset.request_latency_ms, preset.download_throughput_kbps, preset.upload_throughput_kbps)
        };
        assert_eq!(applied(AuditThrottling::MobileSlow4G), (562.5, 1474.56, 675.0));
        assert_eq!(applied(AuditThrottling::MobileRegular3G), (1125.0, 630.0, 630.0));
    }
}
