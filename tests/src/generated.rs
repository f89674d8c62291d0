//! Documents without a browser, of the sizes and in the mix that a run of the practice shop leaves.
//!
//! Of ten documents six are requests, three tell what the run did, and one is a message of the console. What differs
//! from document to document in a real run (ids, times, sizes) differs here, so that they compress alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use canarytrace::record::request_log::{
    HarTimings, HeaderMap, Initiator, LoggedRequest, LoggedResponse, RequestLog, Timing,
};
use canarytrace::record::{
    Common, Console, Dataset, MonitorRef, Report, ReportEvent, RunInfo, StoredDocument, TargetRef, assemble,
    document_id,
};
use jiff::Timestamp;
use uuid::Uuid;

/// What pages of a shop ask for: type, priority, media type and name.
const RESOURCES: [(&str, &str, &str, &str); 6] = [
    ("Document", "VeryHigh", "text/html", "product"),
    ("Stylesheet", "VeryHigh", "text/css", "assets/shop.css"),
    ("Script", "High", "text/javascript", "assets/shop.js"),
    ("Image", "Low", "image/webp", "assets/lamp.webp"),
    ("Fetch", "High", "application/json", "api/basket"),
    ("Font", "VeryHigh", "font/woff2", "assets/inter.woff2"),
];

const STEPS: [&str; 5] =
    ["open the shop", "search for a lamp", "put a lamp into the basket", "log in", "pay and see the receipt"];

const POLICY: &str = "default-src 'self' 'unsafe-inline' data:; connect-src 'self' data: blob:; frame-src 'self'; \
                      img-src 'self' data: blob:; script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri \
                      'none'; form-action 'self'";

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 \
                     Safari/537.36";

/// The documents of one run; the same seed makes the same ones but for their ids and moments.
#[derive(Debug)]
pub struct Documents {
    run: Arc<RunInfo>,
    sequence: u64,
    random: Random,
    step: Uuid,
}

impl Documents {
    /// Of a new run.
    pub fn new(seed: u64) -> Self {
        let run = RunInfo {
            uuid: Uuid::now_v7(),
            monitor: "shop::buy_a_product".to_owned(),
            description: "A visitor finds a product, puts it into the basket and pays.".to_owned(),
            labels: vec!["shop".to_owned(), "checkout".to_owned()],
            location: "lab".to_owned(),
            max_attempts: 1,
        };
        Self { run: Arc::new(run), sequence: 0, random: Random(seed), step: Uuid::now_v7() }
    }

    /// The run.
    pub fn run(&self) -> &Arc<RunInfo> {
        &self.run
    }

    fn stored<D: Dataset>(&self, document: &D) -> StoredDocument {
        let now = Timestamp::now();
        let common = Common {
            at_timestamp: format!("{now:.3}"),
            timestamp: now.as_millisecond(),
            uuid: self.run.uuid,
            attempt: 1,
            iteration: None,
            sequence: self.sequence,
            monitor: MonitorRef { id: self.run.monitor.clone(), name: self.run.monitor.clone() },
            spec: self.run.monitor.clone(),
            labels: self.run.labels.clone(),
            location: self.run.location.clone(),
            git: None,
            uuid_action: Some(self.step),
            truncated: None,
        };
        let json = assemble(&common, document).expect("its keys are texts").to_string();
        StoredDocument { dataset: D::NAME, id: document_id(self.run.uuid, 1, D::NAME, self.sequence), json }
    }

    fn report(&mut self) -> Report {
        let title = STEPS[self.random.below(STEPS.len())];
        let over = self.random.below(2) == 0;
        if !over {
            self.step = Uuid::now_v7();
        }
        Report {
            title: Some(title.to_owned()),
            full_title: Some(format!("{} {title}", self.run.monitor)),
            parent: Some(self.run.monitor.clone()),
            test_step_duration: over.then(|| self.random.millis(2000.0)),
            passed: over.then_some(true),
            attachments: over.then(|| vec!["no".to_owned()]),
            ..Report::of(if over { ReportEvent::TestStepEnd } else { ReportEvent::TestStepStart })
        }
    }

    fn console(&mut self) -> Console {
        let url = format!("http://127.0.0.1:46643/assets/shop.js?v={:016x}", self.random.next());
        Console {
            event_type: "Runtime.consoleAPICalled",
            context: Some(STEPS[self.random.below(STEPS.len())].to_owned()),
            source: Some("console-api".to_owned()),
            level: Some("warning".to_owned()),
            kind: Some("warning".to_owned()),
            category: None,
            text: format!("the basket was changed {} times since {}", self.random.below(9), self.random.next()),
            url: Some(url.clone()),
            line: Some(self.random.number(900)),
            column: Some(self.random.number(80)),
            args: None,
            args_count: Some(1),
            stack_trace: Some(serde_json::json!({ "callFrames": [
                { "functionName": "changed", "scriptId": "7", "url": url, "lineNumber": 12, "columnNumber": 4 },
            ] })),
            exception: None,
            exception_id: None,
            network_request_id: None,
            worker_id: None,
            execution_context: None,
            target: Some(target()),
            event_timestamp: Some(Timestamp::now().as_millisecond()),
            truncated: None,
        }
    }

    fn request(&mut self) -> RequestLog {
        let random = &mut self.random;
        let (kind, priority, mime_type, name) = RESOURCES[random.below(RESOURCES.len())];
        let page = format!("http://127.0.0.1:46643/product/{}", random.below(40));
        let url = format!("http://127.0.0.1:46643/{name}?v={:016x}", random.next());
        let trace = format!("{:016x}{:016x}", random.next(), random.next());
        let id = format!("643.{}", random.below(10_000));
        let size = 200 + random.number(60_000);
        let started = 28_172.0 + random.millis(60_000.0) / 1000.0;
        let (send, wait, receive) = (random.millis(0.5), random.millis(80.0), random.millis(20.0));
        RequestLog {
            request_id: id.clone(),
            context: Some(STEPS[random.below(STEPS.len())].to_owned()),
            url,
            outcome: "finished",
            error_text: None,
            canceled: None,
            blocked_reason: None,
            cors_error: None,
            redirect_index: 0,
            from_memory_cache: false,
            body_size: size.unsigned_abs(),
            target: Some(target()),
            frame_id: Some("BB8F410F0B2ED35289556B2EFD7EC43C".to_owned()),
            document_url: Some(page.clone()),
            trace_id: Some(trace.clone()),
            request: LoggedRequest {
                request_id: id.clone(),
                timestamp: started,
                wall_time: Some(1_795_395_310.0 + started),
                initiator: Initiator {
                    kind: Some("parser".to_owned()),
                    url: Some(page.clone()),
                    line_number: Some(random.number(300)),
                    column_number: Some(random.number(120)),
                },
                redirect_has_extra_info: Some(false),
                kind: Some(kind.to_owned()),
                method: "GET".to_owned(),
                headers: headers(&[
                    ("accept", "*/*"),
                    ("accept-encoding", "gzip, deflate, br, zstd"),
                    ("accept-language", "en-US,en;q=0.9"),
                    ("canary-trace-id", &trace),
                    ("connection", "keep-alive"),
                    ("host", "127.0.0.1:46643"),
                    ("referer", &page),
                    ("sec-ch-ua", "\"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"156\""),
                    ("sec-ch-ua-mobile", "?0"),
                    ("sec-ch-ua-platform", "\"Linux\""),
                    ("sec-fetch-mode", "no-cors"),
                    ("sec-fetch-site", "same-origin"),
                    ("traceparent", &format!("00-{trace}-{:016x}-01", random.next())),
                    ("user-agent", AGENT),
                ]),
                headers_count: 14,
                initial_priority: Some(priority.to_owned()),
                priority: Some(priority.to_owned()),
                is_same_site: Some(true),
                post_data: None,
                post_data_parsed: None,
            },
            early_hints: None,
            response: Some(LoggedResponse {
                request_id: id,
                timestamp: Some(started + wait / 1000.0),
                status: Some(200),
                wire_status: Some(200),
                status_text: Some("OK".to_owned()),
                headers: headers(&[
                    ("cache-control", "public, max-age=3600"),
                    ("content-length", &size.to_string()),
                    ("content-security-policy", POLICY),
                    ("content-type", mime_type),
                    ("date", "Mon, 23 Nov 2026 00:55:10 GMT"),
                    ("etag", &format!("\"{:016x}\"", random.next())),
                    ("referrer-policy", "same-origin"),
                    ("server", "canarytrace-practice-site"),
                    ("x-content-type-options", "nosniff"),
                ]),
                headers_count: 9,
                mime_type: Some(mime_type.to_owned()),
                connection_reused: Some(true),
                connection_id: Some(random.number(60)),
                remote_ip_address: Some("127.0.0.1".to_owned()),
                remote_port: Some(46_643),
                from_disk_cache: Some(false),
                from_service_worker: Some(false),
                from_prefetch_cache: Some(false),
                service_worker_response_source: None,
                encoded_data_length: Some(646),
                total_encoded_data_length: Some(size + 646),
                timing: Some(timing(random, started)),
                response_time: Some(1_795_395_310_581.0 + random.millis(60_000.0)),
                protocol: Some("http/1.1".to_owned()),
                security_state: Some("secure".to_owned()),
            }),
            har: HarTimings {
                blocked: random.millis(1.0),
                dns: -1.0,
                connect: -1.0,
                send,
                wait,
                receive,
                ssl: -1.0,
                comment: None,
                time: send + wait + receive,
            },
            web_socket: None,
            tls: None,
            truncated: None,
        }
    }
}

impl Iterator for Documents {
    type Item = StoredDocument;

    /// It never ends.
    fn next(&mut self) -> Option<StoredDocument> {
        self.sequence += 1;
        Some(match self.sequence % 10 {
            1 | 4 | 7 => {
                let report = self.report();
                self.stored(&report)
            }
            9 => {
                let console = self.console();
                self.stored(&console)
            }
            _ => {
                let request = self.request();
                self.stored(&request)
            }
        })
    }
}

fn target() -> TargetRef {
    TargetRef { kind: "page".to_owned(), url: "http://127.0.0.1:46643/".to_owned() }
}

fn headers(of: &[(&str, &str)]) -> HeaderMap {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
}

fn timing(random: &mut Random, started: f64) -> Timing {
    Timing {
        request_time: Some(started),
        proxy_start: Some(-1.0),
        proxy_end: Some(-1.0),
        dns_start: Some(-1.0),
        dns_end: Some(-1.0),
        connect_start: Some(-1.0),
        connect_end: Some(-1.0),
        ssl_start: Some(-1.0),
        ssl_end: Some(-1.0),
        worker_start: Some(-1.0),
        worker_ready: Some(-1.0),
        worker_fetch_start: Some(-1.0),
        worker_respond_with_settled: Some(-1.0),
        send_start: Some(random.millis(1.0)),
        send_end: Some(random.millis(1.0)),
        push_start: Some(0.0),
        push_end: Some(0.0),
        receive_headers_start: Some(random.millis(80.0)),
        receive_headers_end: Some(random.millis(80.0)),
    }
}

/// Random numbers that are the same each time (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next one.
    #[expect(clippy::should_implement_trait, reason = "it never ends and is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit as u64)).expect("it is below a usize")
    }

    fn number(&mut self, limit: i64) -> i64 {
        self.next().cast_signed().rem_euclid(limit)
    }

    /// Up to `most`, to microseconds.
    fn millis(&mut self, most: f64) -> f64 {
        let part = f64::from(u32::try_from(self.next() >> 32).expect("32 bits are left")) / f64::from(u32::MAX);
        (part * most * 1000.0).round() / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn generated_documents_have_the_ids_that_their_fields_make() {
        for document in Documents::new(1).take(20) {
            let fields: Value = serde_json::from_str(&document.json).unwrap();
            let (uuid, sequence) = (fields["uuid"].as_str().unwrap(), fields["sequence"].as_u64().unwrap());
            assert_eq!(document.id, document_id(uuid.parse().unwrap(), 1, document.dataset, sequence));
        }
    }
}
