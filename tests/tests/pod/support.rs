//! Images that were built once, and where on a server a test is alone.

use std::net::IpAddr;
use std::sync::OnceLock;

use canarytrace_tests::containers::{Engine, HOST, Image, Images, Manifests, Pod, PodOfCronJob, engine_or_ignored};
use canarytrace_tests::elastic::{Product, SharedServer, or_ignored, prefix, shared};
use canarytrace_tests::runner::Runner;
use serde_json::Value;

/// Engine and images, built by the first test that wants them.
pub(crate) fn built() -> Option<(&'static Engine, &'static Images<'static>)> {
    static IMAGES: OnceLock<Images<'static>> = OnceLock::new();
    let engine = engine_or_ignored()?;
    let images = IMAGES.get_or_init(|| {
        let images = Images::new(engine);
        print!("{}", images.build(&[Image::Builder, Image::Runner, Image::Browser]));
        images
    });
    Some((engine, images))
}

/// A test's engine, images, and part of an Elasticsearch.
pub(crate) struct World {
    pub(crate) engine: &'static Engine,
    pub(crate) images: &'static Images<'static>,
    pub(crate) server: SharedServer,
    pub(crate) prefix: String,
}

impl World {
    /// `None` where there is no engine or no server.
    pub(crate) fn new() -> Option<Self> {
        let (engine, images) = built()?;
        let server = or_ignored(shared(Product::Elasticsearch))?;
        let prefix = prefix();
        let install = Runner::new(env!("CARGO_BIN_EXE_fixture-tool")).arg("install");
        let installed = install.env("ELASTIC_CLUSTER", server.url().as_str()).env("INDEX_PREFIX", &prefix).run();
        assert_eq!(installed.code, Some(0), "{installed:#?}");
        Some(Self { engine, images, server, prefix })
    }

    /// The pod of an overlay, with the images of this checkout, and documents that go to the server.
    /// `None` where there is no Kustomize.
    pub(crate) fn pod(&self, overlay: &str) -> Option<PodOfCronJob> {
        let manifests = or_ignored(Manifests::of(&["base/namespace", &format!("overlays/{overlay}")]))?;
        let pod = manifests
            .pod_of_cron_job()
            .image("browser", self.images.name(Image::Browser))
            .image("runner", self.images.name(Image::Runner))
            .env("runner", "ELASTIC_CLUSTER", self.cluster())
            .env("runner", "CANARYTRACE_ELASTIC_CA", "")
            .env("runner", "INDEX_PREFIX", &self.prefix)
            // A test has no schedule.
            .env("runner", "CANARYTRACE_START_OFFSET", "0s");
        Some(pod)
    }

    /// The server, as a pod reaches it.
    fn cluster(&self) -> String {
        let mut url = self.server.url().clone();
        let is_local = url
            .host_str()
            .is_some_and(|host| host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback()));
        if is_local {
            url.set_host(Some(HOST)).expect("it is a host");
        }
        url.to_string()
    }

    /// What the server has of a dataset.
    pub(crate) fn documents(&self, dataset: &str) -> Vec<Value> {
        self.server.documents(&format!("{}{dataset}-*", self.prefix))
    }

    /// The only document of a dataset.
    #[track_caller]
    pub(crate) fn document(&self, dataset: &str, pod: &Pod<'_>) -> Value {
        let mut documents = self.documents(dataset);
        assert_eq!(documents.len(), 1, "{dataset}: {documents:#?}\n{}", pod.logs());
        documents.remove(0)
    }
}

/// Waits for the exit code of the runner.
#[track_caller]
pub(crate) fn assert_ends(pod: &Pod<'_>, code: i32) {
    assert_eq!(pod.wait("runner"), code, "{}", pod.logs());
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.delete(&self.prefix);
    }
}
