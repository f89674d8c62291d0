//! What the operator says of all `CronJob`s.

use anyhow::bail;
use serde_json::Value;

use super::image::Image;
use super::quantity::Quantity;

/// What a container asks for and may have; what is none stays as it is in `k8s/base/cronjob.yaml`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    /// Cores.
    pub(crate) cpu: Option<Quantity>,
    /// Cores at most.
    pub(crate) cpu_limit: Option<Quantity>,
    /// Bytes.
    pub(crate) memory: Option<Quantity>,
    /// Bytes at most.
    pub(crate) memory_limit: Option<Quantity>,
}

/// Where the code of the monitors comes from when it is no part of the image.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    pub(crate) repository: String,
    /// Branch, tag or commit.
    pub(crate) revision: String,
}

/// Where the runs are made, for `location` of every document.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// Where the `ConfigMap` `canarytrace` says.
    OfConfigMap,
    Named(String),
    /// By the name of the node that the pod is on.
    Node,
}

/// Everything that is not the monitor's own to say.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) image: Image,
    pub(crate) browser_image: Image,
    pub(crate) git: Option<Git>,
    pub(crate) namespace: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) location: Location,
    /// Longest wait before the browser is touched, in seconds.
    pub(crate) start_offset: u64,
    pub(crate) runner: Resources,
    pub(crate) browser: Resources,
    /// Requests are made equal to limits.
    pub(crate) guaranteed: bool,
}

impl Resources {
    /// Puts them into a container.
    ///
    /// # Errors
    /// When more is asked for than there may be, or the container has none of its own.
    pub(crate) fn apply(&self, container: &mut Value, name: &str, guaranteed: bool) -> anyhow::Result<()> {
        let given = [
            ("requests", "cpu", &self.cpu),
            ("limits", "cpu", &self.cpu_limit),
            ("requests", "memory", &self.memory),
            ("limits", "memory", &self.memory_limit),
        ];
        for (part, what, quantity) in given {
            if let Some(quantity) = quantity {
                container["resources"][part][what] = quantity.text.clone().into();
            }
        }
        for what in ["cpu", "memory"] {
            if guaranteed {
                container["resources"]["requests"][what] = container["resources"]["limits"][what].clone();
            }
            let value = |part: &str| {
                let text = container["resources"][part][what].as_str().unwrap_or_default();
                text.parse::<Quantity>().map(|quantity| quantity.value)
            };
            match (value("requests"), value("limits")) {
                (Ok(request), Ok(limit)) if request <= limit => {}
                (Ok(_), Ok(_)) => bail!(
                    "the {name} would ask for more {what} ({}) than it may have ({}): give --{name}-{what}-limit too",
                    container["resources"]["requests"][what],
                    container["resources"]["limits"][what]
                ),
                _ => bail!("the container {name} in k8s/base/cronjob.yaml has no request and limit of {what}"),
            }
        }
        Ok(())
    }
}
