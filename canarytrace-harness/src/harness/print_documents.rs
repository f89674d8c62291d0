//! Prints every document (`CANARYTRACE_PRINT_DOCUMENTS`), as the original did without a cluster.

use std::io::Write;

use crate::config::Config;
use crate::record::{Consumer, Event};

/// Prints a line of JSON for each document: data stream, id and document, named as in a reply to a search.
pub(crate) struct PrintDocuments<W> {
    out: W,
    prefix: String,
    namespace: String,
}

impl<W: Write + Send> PrintDocuments<W> {
    pub(crate) fn new(out: W, config: &Config) -> Self {
        Self { out, prefix: config.index_prefix.clone(), namespace: config.namespace.clone() }
    }
}

impl<W: Write + Send> Consumer for PrintDocuments<W> {
    fn event(&mut self, event: &Event) {
        let Event::Document { document, .. } = event else { return };
        let Self { prefix, namespace, .. } = self;
        // The document is JSON already; names and ids hold nothing that JSON escapes.
        let line = format!(
            "{{\"_index\":\"{prefix}{}-{namespace}\",\"_id\":\"{}\",\"_source\":{}}}\n",
            document.dataset, document.id, document.json
        );
        // In one write, so that no line of the console comes in between; a closed pipe must not end the monitors.
        let _ = self.out.write_all(line.as_bytes()).and_then(|()| self.out.flush());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::{RunInfo, StoredDocument};

    #[test]
    fn a_document_is_one_line_with_its_stream_and_id() {
        let mut out = Vec::new();
        let mut consumer = PrintDocuments { out: &mut out, prefix: "c.".to_owned(), namespace: "default".to_owned() };
        let run = RunInfo {
            uuid: uuid::Uuid::nil(),
            monitor: "m".to_owned(),
            description: String::new(),
            labels: Vec::new(),
            location: String::new(),
            max_attempts: 1,
        };
        let document = StoredDocument { dataset: "report", id: "id-1".to_owned(), json: "{\"a\":1}".to_owned() };
        consumer.event(&Event::Document { run: Arc::new(run), document });
        consumer.event(&Event::SessionStarted { selected: 1 });
        let expected = "{\"_index\":\"c.report-default\",\"_id\":\"id-1\",\"_source\":{\"a\":1}}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
