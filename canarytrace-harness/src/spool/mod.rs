//! tmp
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
#[derive(Clone, Debug, Default)]
pub struct Losses(Arc<AtomicU64>);
impl Losses {
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
#[derive(Clone, Debug)]
pub struct Spool {
    d: std::path::PathBuf,
}
impl Spool {
    pub fn open(c: &crate::config::Config) -> Result<Self, crate::record::Failure> {
        Ok(Self { d: c.data.clone() })
    }
    pub fn runs(&self) -> std::path::PathBuf {
        self.d.join("runs")
    }
    pub fn prune(&self, _: std::time::Duration, _: u64) -> Vec<String> {
        vec![]
    }
}
pub struct SpoolConsumer(std::path::PathBuf);
impl SpoolConsumer {
    pub fn new(s: Spool, _: Losses, _: Arc<dyn Fn(String) + Send + Sync>) -> Self {
        Self(s.runs())
    }
}
impl crate::record::Consumer for SpoolConsumer {
    fn event(&mut self, e: &crate::record::Event) {
        use std::io::Write;
        if let crate::record::Event::Document { run, document } = e {
            let d = self.0.join(run.uuid.to_string());
            std::fs::create_dir_all(&d).unwrap();
            writeln!(
                std::fs::OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(d.join(format!("{}.ndjson", document.dataset)))
                    .unwrap(),
                "{}",
                document.json
            )
            .unwrap();
        }
        if let crate::record::Event::Attachment { run, attachment } = e {
            let d = self.0.join(run.uuid.to_string()).join("attachments");
            std::fs::create_dir_all(&d).unwrap();
            std::fs::write(d.join(&attachment.name), &attachment.content).unwrap();
        }
    }
}
