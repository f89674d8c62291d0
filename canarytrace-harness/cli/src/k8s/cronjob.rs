//! One `CronJob` of one monitor: `k8s/base/cronjob.yaml` with what the monitor declares and the operator says filled in.

use anyhow::{Context as _, anyhow, bail};
use serde_json::{Value, json};

use super::described::{Described, Monitor};
use super::names::label;
use super::schedule::Schedule;
use super::settings::{Location, Settings};
use super::yaml;

/// The one place where a pod of ours is described; Kustomize's overlays change the same file.
const TEMPLATE: &str = include_str!("../../../../k8s/base/cronjob.yaml");

/// Label that says who wrote a manifest, and its value.
pub(crate) const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "canarytrace");

/// Annotation with the monitor's name as it is.
pub(crate) const MONITOR: &str = "canarytrace/monitor";

/// How long a pod may take to be scheduled and to have its images.
const POD_START: f64 = 60.0;

/// What each browser needs beside the monitor's own limit: to start, to be asked for evidence, to end.
const BROWSER: f64 = 5.0;

/// What the runner needs to end after its documents are delivered.
const END: f64 = 5.0;

/// The pod of a `CronJob`.
const POD: &str = "/spec/jobTemplate/spec/template/spec";

/// Everything that has labels.
const METADATA: [&str; 3] = ["/metadata", "/spec/jobTemplate/metadata", "/spec/jobTemplate/spec/template/metadata"];

/// `k8s/base/cronjob.yaml` as it is.
///
/// # Errors
/// When it is not what it should be, which is a bug.
pub(crate) fn template() -> anyhow::Result<Value> {
    let documents = yaml::read(TEMPLATE).context("k8s/base/cronjob.yaml")?;
    match <[Value; 1]>::try_from(documents) {
        Ok([document]) => Ok(document),
        Err(_) => bail!("k8s/base/cronjob.yaml is more than one document"),
    }
}

/// The `CronJob` of a monitor, made of the template, by the name that was found for it.
///
/// # Errors
/// When the schedule is none for Kubernetes, or resources contradict each other.
pub(crate) fn cronjob(
    template: &Value,
    name: &str,
    monitor: &Monitor,
    schedule: &Schedule,
    described: &Described,
    settings: &Settings,
) -> anyhow::Result<Value> {
    let mut whole = template.clone();
    *at(&mut whole, "/metadata/name")? = name.into();
    if let Some(namespace) = &settings.namespace {
        *at(&mut whole, "/metadata/namespace")? = namespace.as_str().into();
    }
    *at(&mut whole, "/spec/schedule")? = schedule.line().into();
    if let Some(zone) = &settings.time_zone {
        at(&mut whole, "/spec")?["timeZone"] = zone.as_str().into();
    }
    *at(&mut whole, "/spec/jobTemplate/spec/activeDeadlineSeconds")? =
        deadline(monitor, described.flush, settings.start_offset).into();
    for pointer in METADATA {
        let metadata = at(&mut whole, pointer)?;
        for (key, value) in labels(name, monitor, settings) {
            metadata["labels"][key] = value.into();
        }
        metadata["annotations"][MONITOR] = monitor.name.as_str().into();
    }
    let annotations = &mut at(&mut whole, "/metadata")?["annotations"];
    for (key, value) in annotations_of(monitor, settings) {
        annotations[key] = value.into();
    }
    let pod = at(&mut whole, POD)?;
    if monitor.has_browser() {
        let browser = container(pod, "initContainers", "browser")?;
        browser["image"] = settings.browser_image.text.as_str().into();
        settings.browser.apply(browser, "browser", settings.guaranteed)?;
    } else {
        remove_browser(pod);
    }
    if settings.git.is_some() {
        take_from_cache(pod)?;
    }
    let runner = container(pod, "containers", "runner")?;
    runner["image"] = settings.image.text.as_str().into();
    settings.runner.apply(runner, "runner", settings.guaranteed)?;
    set_environment(runner, monitor, settings)?;
    Ok(whole)
}

/// How long a Job may live, in seconds: the longest that its runner can need, so that one that hangs is ended, and none that
/// would come to its end.
pub(crate) fn deadline(monitor: &Monitor, flush: f64, start_offset: u64) -> u64 {
    let browser = if monitor.has_browser() { BROWSER } else { 0.0 };
    let attempt = f64::from(monitor.iterations) * (monitor.timeout + browser);
    let attempts = f64::from(monitor.retries + 1) * attempt;
    let whole = POD_START + attempts + flush + END;
    // Durations of options are below a hundred years.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive and far from the largest"
    )]
    let seconds = whole.ceil() as u64;
    start_offset + seconds
}

fn labels(name: &str, monitor: &Monitor, settings: &Settings) -> Vec<(String, String)> {
    let mut labels = vec![
        (MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned()),
        ("app.kubernetes.io/instance".to_owned(), name.to_owned()),
    ];
    let version = settings.git.as_ref().map_or(&settings.image.version, |git| &git.revision);
    labels.extend(label(version).map(|version| ("app.kubernetes.io/version".to_owned(), version)));
    let tags = monitor.tags.iter().filter_map(|tag| label(tag));
    labels.extend(tags.map(|tag| (format!("tag.canarytrace/{tag}"), "true".to_owned())));
    labels
}

/// What labels can't hold: all of it, in full.
fn annotations_of(monitor: &Monitor, settings: &Settings) -> Vec<(&'static str, String)> {
    let mut annotations = Vec::new();
    if !monitor.description.is_empty() {
        annotations.push(("canarytrace/description", monitor.description.clone()));
    }
    if !monitor.tags.is_empty() {
        annotations.push(("canarytrace/tags", monitor.tags.join(",")));
    }
    if let Some(git) = &settings.git {
        annotations.push(("canarytrace/revision", git.revision.clone()));
    }
    annotations
}

/// The pod of a monitor that asks an API needs no browser beside it.
fn remove_browser(pod: &mut Value) {
    let is_browsers = |item: &Value| {
        let name = item["name"].as_str().unwrap_or_default();
        ["browser", "browser-tmp", "shm", "WEBDRIVER_URL"].contains(&name)
    };
    for part in ["initContainers", "volumes"] {
        if let Some(items) = pod[part].as_array_mut() {
            items.retain(|item| !is_browsers(item));
        }
    }
    if pod["initContainers"].as_array().is_some_and(Vec::is_empty)
        && let Some(pod) = pod.as_object_mut()
    {
        pod.remove("initContainers");
    }
    for runner in pod["containers"].as_array_mut().into_iter().flatten() {
        if let Some(environment) = runner["env"].as_array_mut() {
            environment.retain(|variable| !is_browsers(variable));
        }
    }
}

fn set_environment(runner: &mut Value, monitor: &Monitor, settings: &Settings) -> anyhow::Result<()> {
    let environment = at(runner, "/env")?.as_array_mut().context("env of the runner is no list")?;
    let mut set = |name: &str, what: &str, value: Value| {
        let variable = json!({ "name": name, what: value });
        match environment.iter_mut().find(|variable| variable["name"] == name) {
            Some(there) => *there = variable,
            None => environment.push(variable),
        }
    };
    set("MODE", "value", "user-journey".into());
    set("SPEC", "value", monitor.spec.as_str().into());
    set("CANARYTRACE_START_OFFSET", "value", format!("{}s", settings.start_offset).into());
    match &settings.location {
        Location::OfConfigMap => {}
        Location::Named(name) => set("CANARYTRACE_LOCATION", "value", name.as_str().into()),
        Location::Node => {
            let node = json!({ "fieldRef": { "fieldPath": "spec.nodeName" } });
            set("CANARYTRACE_LOCATION", "valueFrom", node);
        }
    }
    if let Some(git) = &settings.git {
        set("GIT_REPOSITORY", "value", git.repository.as_str().into());
        set("GIT_REVISION", "value", git.revision.as_str().into());
        // Not the monitors of the image.
        set("CANARYTRACE_MONITORS", "value", "".into());
    }
    Ok(())
}

/// A pod whose monitors come from git builds nothing, beside a browser that measures: it runs what a Job put into the cache
/// (`k8s/overlays/git-build`), as `k8s/overlays/user-journey-git` has it for one monitor.
fn take_from_cache(pod: &mut Value) -> anyhow::Result<()> {
    let runner = container(pod, "containers", "runner")?;
    runner["command"] = json!(["canarytrace", "run", "--no-build"]);
    let of_git = json!({ "configMapRef": { "name": "canarytrace-git", "optional": true } });
    let sources = at(runner, "/envFrom")?.as_array_mut().context("envFrom of the runner is no list")?;
    let secrets = sources.iter().position(|source| source["secretRef"].is_object()).unwrap_or(sources.len());
    sources.insert(secrets, of_git);
    let mounts = [
        json!({ "name": "build-cache", "mountPath": "/var/cache/canarytrace", "readOnly": true }),
        json!({ "name": "git", "mountPath": "/etc/canarytrace/git", "readOnly": true }),
    ];
    append(runner, "/volumeMounts", mounts)?;
    let volumes = [
        json!({ "name": "build-cache", "persistentVolumeClaim": { "claimName": "canarytrace-build-cache" } }),
        // A repository that everybody may read needs no key.
        json!({ "name": "git", "secret": { "secretName": "canarytrace-git", "defaultMode": 0o400, "optional": true } }),
    ];
    append(pod, "/volumes", volumes)
}

fn append(value: &mut Value, list: &str, items: [Value; 2]) -> anyhow::Result<()> {
    let there =
        at(value, list)?.as_array_mut().with_context(|| format!("{list} in k8s/base/cronjob.yaml is no list"))?;
    there.extend(items);
    Ok(())
}

fn at<'a>(value: &'a mut Value, pointer: &str) -> anyhow::Result<&'a mut Value> {
    value.pointer_mut(pointer).ok_or_else(|| anyhow!("k8s/base/cronjob.yaml has no {pointer}"))
}

fn container<'a>(pod: &'a mut Value, list: &str, name: &str) -> anyhow::Result<&'a mut Value> {
    let containers = pod[list].as_array_mut().into_iter().flatten();
    containers
        .into_iter()
        .find(|container| container["name"] == name)
        .with_context(|| format!("k8s/base/cronjob.yaml has no {name} in {list}"))
}
