//! A cluster that was prepared once, as `k8s/README.md` says, by the manifests as they are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use canarytrace_tests::cluster::{Cluster, NODE, cluster_or_ignored};
use canarytrace_tests::containers::{Image, Images, engine_or_ignored};
use canarytrace_tests::elastic::{Product, SharedServer, or_ignored, prefix, shared};
use canarytrace_tests::k8s::kustomize;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The namespace of the monitors.
pub(crate) const MONITORS: &str = "canarytrace";

/// A cluster with images, namespace, volumes, options and index templates; and where its documents are.
pub(crate) struct World {
    pub(crate) cluster: &'static Cluster,
    pub(crate) server: SharedServer,
    pub(crate) prefix: String,
}

/// The world, for one test at a time: it has two processors. `None` where there is no engine, no cluster or no server.
pub(crate) fn world() -> Option<MutexGuard<'static, World>> {
    static WORLD: OnceLock<Option<Mutex<World>>> = OnceLock::new();
    let world = WORLD.get_or_init(|| World::new().map(Mutex::new)).as_ref()?;
    Some(world.lock().unwrap_or_else(PoisonError::into_inner))
}

impl World {
    fn new() -> Option<Self> {
        let engine = engine_or_ignored()?;
        let images = Images::new(engine);
        print!("{}", images.build(&[Image::Builder, Image::Runner, Image::Browser]));
        let server = or_ignored(shared(Product::Elasticsearch))?;
        let cluster = cluster_or_ignored(engine)?;
        for image in [Image::Runner, Image::Browser] {
            let name = format!("localhost/canarytrace/{}:0.1.0", image.name());
            cluster.import(engine, &images.name(image), &name).expect("the node takes images");
        }
        let world = Self { cluster, server, prefix: prefix() };
        world.prepare();
        Some(world)
    }

    /// Steps 3 and 4 of the page, with a cluster of Elasticsearch that was there before.
    fn prepare(&self) {
        // What makes volumes on kind and minikube.
        let volumes = ["spool", "attachments", "build-cache"].map(|name| self.volume(name));
        self.cluster.apply(&volumes).expect("volumes can be made");
        self.apply("overlays/single-node");
        let url = self.server.url();
        let address =
            url.socket_addrs(|| None).expect("the server has an address").into_iter().find(SocketAddr::is_ipv4);
        self.cluster.lead_out(9200, address.expect("it has one of IPv4"));
        let options = json!({ "data": {
            "ELASTIC_CLUSTER": format!("http://{NODE}:9200"),
            "CANARYTRACE_ELASTIC_CA": "",
            "INDEX_PREFIX": self.prefix,
        } });
        self.kubectl(&["patch", "configmap", "canarytrace", "--type", "merge", "--patch", &options.to_string()]);
        for (secret, user) in
            [("canarytrace", "canarytrace-writer"), ("canarytrace-installer", "canarytrace-installer")]
        {
            let credentials = format!("ELASTIC_HTTP_AUTH={user}:a-password");
            self.kubectl(&["create", "secret", "generic", secret, "--from-literal", &credentials]);
        }
        self.apply("overlays/install");
        self.cluster.assert_completes(MONITORS, "canarytrace-install");
    }

    fn volume(&self, name: &str) -> Value {
        let node = json!({ "key": "kubernetes.io/hostname", "operator": "In", "values": ["node"] });
        json!({
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": { "name": name },
            "spec": {
                "capacity": { "storage": "5Gi" },
                "accessModes": ["ReadWriteOnce"],
                "local": { "path": self.cluster.folder_of_volume(name) },
                "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [node] }] } },
            },
        })
    }

    /// kubectl in the namespace of the monitors.
    #[track_caller]
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let all = [&["--namespace", MONITORS], arguments].concat();
        self.cluster.kubectl(&all).unwrap_or_else(|error| panic!("{error:#}\n{}", self.cluster.story(MONITORS)))
    }

    /// `kubectl apply -k k8s/PATH`, which may say no warning.
    #[track_caller]
    pub(crate) fn apply(&self, path: &str) {
        self.apply_folder(&kustomize::folder().join(path), &[]);
    }

    /// The same of any folder.
    #[track_caller]
    pub(crate) fn apply_folder(&self, folder: &Path, more: &[&str]) {
        let mut command = self.cluster.kubectl_command();
        let output = command.arg("apply").args(more).arg("--kustomize").arg(folder).output().expect("kubectl runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{}: {said}", folder.display());
    }

    /// A Job of an overlay's `CronJob`, at once, with variables of the runner: an overlay of one's own asks for what this node
    /// has.
    #[track_caller]
    pub(crate) fn run(&self, overlay: &str, job: &str, variables: &[(&str, &str)]) {
        let folder = own_overlay(overlay, variables);
        self.apply_folder(folder.path(), &[]);
        self.kubectl(&["create", "job", "--from", &format!("cronjob/canarytrace-{overlay}"), job]);
    }

    /// What the server has of a dataset of a run in this pod.
    pub(crate) fn documents(&self, dataset: &str) -> Vec<Value> {
        self.server.documents(&format!("{}{dataset}-*", self.prefix))
    }

    /// The only pod of a Job.
    #[track_caller]
    pub(crate) fn pod(&self, job: &str) -> Value {
        let said = self.kubectl(&["get", "pods", "--selector", &format!("job-name={job}"), "--output", "json"]);
        let pods: Value = serde_json::from_str(&said).expect("it is JSON");
        assert_eq!(pods["items"].as_array().map(Vec::len), Some(1), "{pods:#}");
        pods["items"][0].clone()
    }
}

/// Half a processor for the browser and a tenth for the runner: tests have two in all.
fn own_overlay(overlay: &str, variables: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix("ctoverlay").tempdir_in("/tmp").expect("a folder");
    let base = relative(
        &folder.path().canonicalize().expect("it is there"),
        &kustomize::folder().join("overlays").join(overlay),
    );
    let env: Vec<_> = variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let patch = json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": { "name": "any" },
        "spec": { "suspend": true, "jobTemplate": { "spec": { "template": { "spec": {
            "initContainers": [{ "name": "browser", "resources": { "requests": { "cpu": "500m" } } }],
            "containers": [{ "name": "runner", "resources": { "requests": { "cpu": "100m" } }, "env": env }],
        } } } } },
    });
    let kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [base],
        "patches": [{ "target": { "kind": "CronJob" }, "patch": patch.to_string() }],
    });
    std::fs::write(folder.path().join("kustomization.yaml"), kustomization.to_string()).expect("it can be written");
    folder
}

/// The way from one folder to another: Kustomize takes no absolute ones.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let up = from.components().skip(1).map(|_| "..");
    up.map(PathBuf::from).chain(to.strip_prefix("/").map(Path::to_owned)).collect()
}
