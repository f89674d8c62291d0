//! Asks a server whether it is there.

use canarytrace::elastic::{Client, Method, Reply, Request, Settings};

/// Sends one request and waits for the reply. Also from within a runtime, as tests may.
///
/// # Errors
/// When there is no reply.
pub fn ask(settings: &Settings, request: Request) -> anyhow::Result<Reply> {
    let asked = || -> anyhow::Result<Reply> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = Client::new(settings)?;
        Ok(runtime.block_on(client.send(request))?)
    };
    std::thread::scope(|scope| scope.spawn(asked).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The name of the cluster that answers, once it is able to work.
pub(super) fn cluster(settings: &Settings) -> anyhow::Result<String> {
    let mut settings = settings.clone();
    settings.timeout = std::time::Duration::from_secs(5);
    let reply = ask(&settings, Request::new(Method::Get, "/_cluster/health"))?;
    anyhow::ensure!(reply.is_success(), "status {}", reply.status);
    let health: serde_json::Value = reply.json()?;
    Ok(health["cluster_name"].as_str().unwrap_or_default().to_owned())
}
