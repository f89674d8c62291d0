//! Names and labels within the rules of Kubernetes.

use std::collections::BTreeMap;

use anyhow::bail;
use canarytrace::harness::stable_hash;

use super::described::Monitor;

/// Longest name of a `CronJob`: Kubernetes appends 11 characters for its Jobs, whose names are labels of 63.
pub(crate) const LONGEST_CRONJOB: usize = 52;

/// Longest value of a label, and longest name in its key.
const LONGEST_LABEL: usize = 63;

/// Longest prefix of names: what is left has to tell the monitors apart.
const LONGEST_PREFIX: usize = 20;

/// The name of a monitor's `CronJob`, a DNS label: `shop::buy_a_product` is `shop-buy-a-product`.
///
/// A name that is too long, or holds letters that DNS has not, ends in a hash of the monitor's name, so that no two become
/// the same by that.
pub(crate) fn cronjob_name(prefix: &str, monitor: &str) -> String {
    let mut name = prefix.to_owned();
    let mut foreign = false;
    for c in monitor.chars() {
        match c {
            'a'..='z' | '0'..='9' | 'A'..='Z' => name.push(c.to_ascii_lowercase()),
            _ => {
                foreign |= !c.is_ascii();
                if !name.is_empty() && !name.ends_with('-') {
                    name.push('-');
                }
            }
        }
    }
    name.truncate(name.trim_end_matches('-').len());
    if name.len() > LONGEST_CRONJOB || foreign || name.is_empty() {
        // 32 of the 64 bits: two of ten thousand names that also begin alike are the same once in a hundred cases, and then
        // `named` says so.
        let hash = format!("{:08x}", stable_hash(monitor) >> 32);
        name.truncate(LONGEST_CRONJOB - hash.len() - 1);
        name.truncate(name.trim_end_matches('-').len());
        let gap = if name.is_empty() { "" } else { "-" };
        name = format!("{name}{gap}{hash}");
    }
    name
}

/// The monitors by the names of their `CronJob`s.
///
/// # Errors
/// When two of them get the same name.
pub(crate) fn named<'a>(
    prefix: &str,
    monitors: impl IntoIterator<Item = &'a Monitor>,
) -> anyhow::Result<BTreeMap<String, &'a Monitor>> {
    let mut named = BTreeMap::<String, &Monitor>::new();
    for monitor in monitors {
        let name = cronjob_name(prefix, &monitor.name);
        if let Some(other) = named.insert(name.clone(), monitor) {
            bail!(
                "the CronJobs of {} and {} would both be named {name}\ngive one of them another name with \
                 #[monitor(name = \"…\")]",
                other.name,
                monitor.name
            );
        }
    }
    Ok(named)
}

/// What names of `CronJob`s may begin with.
///
/// # Errors
/// In words: what is allowed.
pub(crate) fn prefix(text: &str) -> Result<String, String> {
    let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fits || text.starts_with('-') || text.len() > LONGEST_PREFIX {
        return Err(format!(
            "allowed are lower-case letters, digits and, not at the beginning, \"-\"; at most {LONGEST_PREFIX} characters"
        ));
    }
    Ok(text.to_owned())
}

/// A DNS label (RFC 1123), such as a namespace.
///
/// # Errors
/// In words: what is allowed.
pub(crate) fn dns_label(text: &str) -> Result<String, String> {
    let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fits || text.is_empty() || text.len() > LONGEST_LABEL || text.starts_with('-') || text.ends_with('-') {
        return Err(
            "allowed are lower-case letters, digits and, not at its ends, \"-\"; at most 63 characters".to_owned()
        );
    }
    Ok(text.to_owned())
}

/// The text as the value of a label, or as the name in its key; none when nothing of it may stand there.
pub(crate) fn label(text: &str) -> Option<String> {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let is_edge = |c: char| !c.is_ascii_alphanumeric();
    let whole: String = text.chars().map(allowed).collect();
    let begun = whole.trim_start_matches(is_edge);
    // It is ASCII by now.
    let label = begun[..begun.len().min(LONGEST_LABEL)].trim_end_matches(is_edge);
    (!label.is_empty()).then(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_dns_label(text: &str, longest: usize) -> bool {
        let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let edge = |c: Option<char>| c.is_some_and(|c| c != '-');
        text.len() <= longest && text.chars().all(within) && edge(text.chars().next()) && edge(text.chars().next_back())
    }

    #[test]
    fn a_name_is_the_monitor_s_in_the_letters_of_dns() {
        assert_eq!(cronjob_name("", "shop::buy_a_product"), "shop-buy-a-product");
        assert_eq!(cronjob_name("eu-", "Shop::Buy"), "eu-shop-buy");
        assert_eq!(cronjob_name("", "__a__"), "a");
    }

    #[test]
    fn what_does_not_fit_ends_in_a_hash_that_is_always_the_same() {
        let long = "a_module::with_a_rather_long_name::and_a_monitor_whose_name_is_longer_still";
        let name = cronjob_name("", long);
        assert_eq!((name.len(), name.as_str()), (52, "a-module-with-a-rather-long-name-and-a-moni-c0c65f5d"));
        assert_ne!(name, cronjob_name("", &format!("{long}_2")));
        assert_ne!(cronjob_name("", "objednávka"), cronjob_name("", "objedn-vka"));
        assert_eq!(cronjob_name("", "žš").len(), 8);
    }

    #[test]
    fn two_monitors_of_one_name_are_refused() {
        let monitor = |name: &str| -> Monitor {
            serde_json::from_value(serde_json::json!({
                "name": name, "spec": name, "description": "", "schedule": null, "timeout": 60.0, "retries": 0,
                "iterations": 1, "tags": [], "enabled": true, "kind": "browser",
            }))
            .unwrap()
        };
        let monitors = [monitor("a::b_c"), monitor("a_b::c"), monitor("other")];
        let message = named("", &monitors).unwrap_err().to_string();
        assert!(message.starts_with("the CronJobs of a::b_c and a_b::c would both be named a-b-c\n"), "{message}");
        assert_eq!(named("x-", &monitors[1..]).unwrap().keys().collect::<Vec<_>>(), ["x-a-b-c", "x-other"]);
    }

    #[test]
    fn a_label_keeps_what_may_stand_in_it() {
        assert_eq!(label("checkout").as_deref(), Some("checkout"));
        assert_eq!(label("team: shop/EU!").as_deref(), Some("team--shop-EU"));
        assert_eq!(label("--"), None);
        assert_eq!(label(&"x".repeat(70)).unwrap().len(), 63);
    }

    proptest! {
        #[test]
        fn every_name_is_a_dns_label(
            prefix in "([a-z0-9][a-z0-9-]{0,19})?", monitor in "([a-zA-Z0-9_:]{1,90}|\\PC{0,60})",
        ) {
            let name = cronjob_name(&prefix, &monitor);
            prop_assert!(is_dns_label(&name, LONGEST_CRONJOB), "{name}");
            prop_assert_eq!(&name, &cronjob_name(&prefix, &monitor));
        }

        /// Rust's own names differ in more than what DNS leaves out only where two modules are named oddly; what is cut off
        /// never makes two the same.
        #[test]
        fn long_names_that_begin_alike_stay_different(ends in prop::collection::btree_set("[a-z]{1,12}", 2..30)) {
            let begin = "shop::a_module_with_a_long_name::and_a_function_with_one_as_well_";
            let names: std::collections::BTreeSet<_> =
                ends.iter().map(|end| cronjob_name("", &format!("{begin}{end}"))).collect();
            prop_assert_eq!(names.len(), ends.len());
        }

        #[test]
        fn every_label_is_one(text in "\\PC{0,90}") {
            if let Some(label) = label(&text) {
                let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
                prop_assert!(label.len() <= 63 && edge(label.chars().next()) && edge(label.chars().next_back()));
                prop_assert!(label.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)));
            }
        }
    }
}
