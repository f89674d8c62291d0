//! The same documents and the same queries have the same answers everywhere: in memory, from the index of the runs on
//! disk, on Elasticsearch and on `OpenSearch`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use canarytrace::elastic::templates::Wanted;
use canarytrace::elastic::{Client, Method, Names, Request};
use canarytrace::record::audit::{AuditCategories, AuditCategory, AuditResult};
use canarytrace::record::request_log::{HarTimings, Initiator, LoggedRequest, LoggedResponse};
use canarytrace::record::{
    Audit, Common, CoverageAudit, Dataset, DatasetSchema, FieldSchema, FieldType, HeapSizes, Memory, MonitorRef,
    PerformanceEntry, Report, ReportEvent, RequestLog, SmokeTitle, assemble, document_id,
};
use canarytrace_cli::install::install;
use canarytrace_cli::query::{
    Answer, Bound, Cluster, Figure, Filter, Group, Index, Metric, MetricKind, Order, PUBLISHED, Places, Plan, Query,
    Schemas, evaluate, parse_text, published,
};
use canarytrace_tests::elastic::{Product, SharedServer, or_ignored, prefix, shared};
use canarytrace_tests::mapping::misfits_of;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{Index as Pick, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// The moment that date math counts from.
const NOW: &str = "2026-11-18T10:20:30.456Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Documents with their datasets, and where they are.
struct Corpus {
    documents: Vec<(String, Value)>,
    schemas: Schemas,
    datasets: Vec<DatasetSchema>,
    data: TempDir,
}

impl Corpus {
    fn new(datasets: Vec<DatasetSchema>, documents: Vec<(String, Value)>) -> Self {
        let mut schemas = Schemas::default();
        for dataset in &datasets {
            schemas.insert(dataset);
        }
        let data = tempfile::tempdir().unwrap();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (dataset, document) in &documents {
            let file = files.entry(format!("{}/{dataset}.ndjson", document["uuid"].as_str().unwrap())).or_default();
            *file += &(document.to_string() + "\n");
        }
        for (name, lines) in files {
            let path = data.path().join("runs").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, lines).unwrap();
        }
        Self { documents, schemas, datasets, data }
    }

    fn places(&self) -> Places {
        Places { data: self.data.path().to_owned(), runs: vec![self.data.path().join("runs")] }
    }

    fn plan(&self, query: &Query) -> Plan {
        Plan::new(query, &self.schemas, now()).unwrap_or_else(|error| panic!("{query:?}: {error}"))
    }

    fn in_memory(&self, query: &Query) -> Answer {
        let documents = self.documents.iter().map(|(dataset, document)| (dataset.as_str(), document));
        evaluate(&self.plan(query), documents).unwrap()
    }

    fn in_index(&self, query: &Query) -> Answer {
        let (answer, damage) = Index::answer(&self.places(), &self.plan(query)).unwrap();
        assert!(damage.is_empty(), "{damage:?}");
        answer
    }

    /// Stores all documents on both servers, with strict mappings of our templates.
    fn on_servers(&self) -> Vec<Stored> {
        let servers = [Product::Elasticsearch, Product::OpenSearch].map(shared);
        servers.into_iter().filter_map(or_ignored).map(|server| Stored::new(self, server)).collect()
    }
}

/// A server that has the documents of a corpus.
struct Stored {
    server: SharedServer,
    client: Client,
    names: Names,
    runtime: tokio::runtime::Runtime,
}

impl Stored {
    fn new(corpus: &Corpus, server: SharedServer) -> Self {
        let names = Names { prefix: prefix(), namespace: "default".to_owned() };
        let client = Client::new(&server.settings()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut wanted = Wanted::new(names.clone());
        wanted.datasets.clone_from(&corpus.datasets);
        wanted.strict = true;
        runtime.block_on(install(&client, &wanted)).unwrap();
        let mut body = String::new();
        for (dataset, document) in &corpus.documents {
            let action = json!({ "create": { "_index": names.stream(dataset), "_id": id(dataset, document) } });
            let _ = writeln!(body, "{action}\n{document}");
        }
        let reply = server.get(Request::new(Method::Post, "/_bulk").query("refresh", "true").ndjson(body));
        let refused = reply["items"].as_array().unwrap().iter().filter(|item| item["create"]["status"] != 201);
        assert_eq!(refused.collect::<Vec<_>>(), Vec::<&Value>::new());
        Self { server, client, names, runtime }
    }

    fn ask(&self, plan: &Plan) -> Answer {
        // Pages of a few documents, so that answers have several.
        let search = async { Cluster::new(&self.client, &self.names).page(7).search(plan).await };
        self.runtime.block_on(search).unwrap_or_else(|error| panic!("{plan:?}: {error}"))
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.server.delete(&self.names.prefix);
    }
}

fn id(dataset: &str, document: &Value) -> String {
    let number = |name: &str| document[name].as_u64().unwrap();
    let uuid = document["uuid"].as_str().unwrap().parse().unwrap();
    document_id(uuid, u32::try_from(number("attempt")).unwrap(), dataset, number("sequence"))
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.id.as_str()).collect()
}

/// Both are the same, but that sums of doubles may differ in their last digits.
fn same(name: &str, query: &str, expected: &Answer, answer: &Answer) {
    assert_eq!(ids(expected), ids(answer), "documents of {name}: {query}");
    assert_eq!(expected.total, answer.total, "total of {name}: {query}");
    for (expected, hit) in expected.hits.iter().zip(&answer.hits) {
        assert_eq!(expected, hit, "{name}: {query}");
    }
    let close = |expected: &Option<Figure>, figure: &Option<Figure>| match (expected, figure) {
        (Some(Figure::Number(Some(a))), Some(Figure::Number(Some(b)))) => {
            // Of infinities the difference is no number.
            a.total_cmp(b).is_eq() || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        }
        (a, b) => a == b,
    };
    assert!(close(&expected.figure, &answer.figure), "{name}: {query}: {expected:?} {answer:?}");
    match (&expected.groups, &answer.groups) {
        (Some(expected), Some(groups)) => {
            assert_eq!(expected.len(), groups.len(), "{name}: {query}: {expected:?} {groups:?}");
            for (expected, row) in expected.iter().zip(groups) {
                let same = expected.key == row.key && expected.count == row.count;
                assert!(same && close(&expected.figure, &row.figure), "{name}: {query}: {expected:?} {row:?}");
            }
        }
        (expected, groups) => assert_eq!(expected, groups, "{name}: {query}"),
    }
}

/// The answer in memory, after every other one was found to be the same.
fn everywhere(corpus: &Corpus, servers: &[Stored], name: &str, query: &Query) -> Answer {
    let expected = corpus.in_memory(query);
    same("the index", name, &expected, &corpus.in_index(query));
    for stored in servers {
        same(&stored.server.product().to_string(), name, &expected, &stored.ask(&corpus.plan(query)));
    }
    expected
}

fn common(run: u128, sequence: u64, timestamp: i64) -> Common {
    Common {
        at_timestamp: Timestamp::from_millisecond(timestamp).unwrap().to_string(),
        timestamp,
        uuid: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + run),
        attempt: 1,
        iteration: None,
        sequence,
        monitor: MonitorRef { id: "shop::buy".to_owned(), name: "shop::buy".to_owned() },
        spec: "shop::buy".to_owned(),
        labels: vec!["one".to_owned(), "Two words".to_owned()],
        location: "lab".to_owned(),
        git: None,
        uuid_action: None,
        truncated: None,
    }
}

/// A dataset with a field of every type.
fn odd() -> DatasetSchema {
    let field = |name: &str, kind| FieldSchema { name: name.to_owned(), kind, doc: String::new(), fields: Vec::new() };
    let object = |name: &str, kind, fields| FieldSchema { fields, ..field(name, kind) };
    let headers =
        vec![field("content-type", FieldType::TextKeyword), field("content-encoding", FieldType::TextKeyword)];
    DatasetSchema {
        name: "odd".to_owned(),
        doc: String::new(),
        fields: vec![
            field("word", FieldType::Keyword),
            field("text", FieldType::TextRaw),
            field("both", FieldType::TextKeyword),
            field("twice", FieldType::KeywordKeyword),
            field("code", FieldType::Code),
            field("long", FieldType::Long),
            field("double", FieldType::Double),
            field("flag", FieldType::Boolean),
            field("date", FieldType::Date),
            field("ip", FieldType::Ip),
            field("span", FieldType::DateRange),
            field("hidden", FieldType::NotIndexed),
            object("inner", FieldType::Object, vec![field("a", FieldType::Long), field("b", FieldType::Keyword)]),
            object("response", FieldType::Object, vec![object("headers", FieldType::OpenObject, headers)]),
        ],
    }
}

fn odd_corpus(documents: Vec<Value>) -> Corpus {
    let documents = documents.into_iter().enumerate().map(|(i, own)| {
        let sequence = i as u64 + 1;
        let made = now().as_millisecond() - 60_000 * (i64::try_from(i).unwrap() / 2);
        let mut document = serde_json::to_value(common(i as u128 % 3, sequence, made)).unwrap();
        document.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        ("odd".to_owned(), document)
    });
    let documents = documents.collect();
    Corpus::new(vec![odd()], documents)
}

/// Documents that are easily taken for what they are not.
fn hard_documents() -> Vec<Value> {
    vec![
        /* 1 */ json!({ "word": "gzip", "text": "text/JavaScript; charset=UTF-8", "long": 5, "double": 0.0 }),
        /* 2 */ json!({ "word": "GZIP", "text": "application/x.javascript", "long": "7", "double": "3.5" }),
        /* 3 */ json!({ "word": null, "text": null, "long": null, "double": -0.0 }),
        /* 4 */ json!({ "word": [], "text": [null], "long": [] }),
        /* 5 */ json!({ "word": "", "text": "", "both": "", "twice": "" }),
        /* 6 */
        json!({ "word": ["a", "b c"], "text": ["one two", "three"], "long": [1, 100], "double": [-2.5, 1e300] }),
        /* 7 */ json!({ "word": "x".repeat(8192), "text": "x".repeat(8192), "both": "x".repeat(8191) }),
        /* 8 */ json!({ "long": i64::MAX, "double": 9_007_199_254_740_993_i64 }),
        /* 9 */ json!({ "long": 9_007_199_254_740_993_i64, "double": 0.1 }),
        /* 10 */ json!({ "long": i64::MIN, "double": -1e300 }),
        /* 11 */ json!({ "code": 404, "flag": true }),
        /* 12 */ json!({ "code": 5, "flag": "false" }),
        /* 13 */ json!({ "code": [200, 304], "flag": [true, false] }),
        /* 14 */ json!({ "date": "2026-01-31T23:30:00-01:00", "ip": "10.1.2.3" }),
        /* 15 */ json!({ "date": 1_769_904_000_000_i64, "ip": "::ffff:10.1.2.4" }),
        /* 16 */ json!({ "date": "2026-02-01T00:29:59.9999Z", "ip": "2001:db8::1" }),
        /* 17 */ json!({ "date": "2026-02-01", "ip": ["192.168.0.1", "10.255.255.255"] }),
        /* 18 */ json!({ "span": { "gte": "2026-01-01T00:00:00.000Z", "lt": "2026-01-01T00:01:00.000Z" } }),
        /* 19 */ json!({ "hidden": "secret", "inner": [{ "a": 1, "b": "x" }, { "a": 2, "b": "y" }] }),
        /* 20 */ json!({ "inner.a": 7, "inner": { "b": "dotted" } }),
        /* 21 */ json!({ "response": { "headers": { "content-type": "text/css", "x-own": "gzip" } } }),
        /* 22 */
        json!({ "response": { "headers": { "content-type": "font/woff2", "content-encoding": "gzip, br" } } }),
        /* 23 */
        json!({ "word": "https://shop.example/a.css", "text": "https://shop.example/a_b/Main.CSS?v=1" }),
        /* 24 */ json!({ "word": "a*b", "text": "Žluťoučký KŮŇ, don't 3.14 x86-64 a:b" }),
        /* 25 */ json!({ "word": "a\\b", "twice": "Ž", "text": "日本 カタカナ" }),
        /* 26 */ json!({ "inner": {} }),
    ]
}

#[test]
fn hard_cases_are_the_same_everywhere() {
    let corpus = odd_corpus(hard_documents());
    let servers = corpus.on_servers();
    let cases: &[(&str, &[u64])] = &[
        // exact text: case, empty, arrays, too long
        ("word:gzip", &[1]),
        ("word:GZIP", &[2]),
        ("word:\"\"", &[5]),
        ("word:\"b c\"", &[6]),
        ("word:(a OR gzip)", &[1, 6]),
        ("_exists_:word", &[1, 2, 5, 6, 23, 24, 25]),
        ("twice.keyword:Ž", &[25]),
        // words: case, punctuation, parts
        ("text:javascript", &[1]),
        ("text:x.javascript", &[2]),
        ("text:JAVASCRIPT", &[1]),
        ("text:utf-8", &[1]),
        ("text:\"charset utf\"", &[1]),
        ("text:\"utf charset\"", &[]),
        ("text:\"two three\"", &[]),
        ("text:žluťoučký", &[24]),
        ("text:a\\:b", &[24]),
        ("text:本", &[25]),
        ("text:\"\"", &[]),
        ("text:main.css", &[23]),
        ("text:*CSS", &[23]),
        ("text:c?arset", &[1]),
        ("text.raw:*CSS?v=1", &[23]),
        ("text.raw:*CSS\\?v=1", &[23]),
        ("text.raw:*CSS*", &[23]),
        ("text.raw:*css*", &[]),
        ("_exists_:text", &[1, 2, 5, 6, 7, 23, 24, 25]),
        ("_exists_:text.raw", &[1, 2, 5, 6, 23, 24, 25]),
        ("_exists_:both.keyword", &[5, 7]),
        ("text:[javascript TO k]", &[1]),
        // patterns
        ("word:*css", &[23]),
        ("word:a\\*b", &[24]),
        ("word:a\\\\b", &[25]),
        ("word:a?b", &[24, 25]),
        ("word:?", &[6]),
        ("word:*", &[1, 2, 5, 6, 23, 24, 25]),
        // negation takes what is missing, too
        ("NOT word:* AND NOT text:*", &[3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 26]),
        ("word:* AND NOT word:gzip", &[2, 5, 6, 23, 24, 25]),
        // whole numbers: texts, arrays, fractions, far away
        ("long:7", &[2]),
        ("long:5.0", &[1]),
        ("long:5.5", &[]),
        ("long:[5.5 TO 7.5]", &[2]),
        ("long:{5 TO 100}", &[2]),
        ("long:<0", &[10]),
        ("long:[-9223372036854775808 TO -1]", &[10]),
        ("long:9007199254740992", &[]),
        ("long:9007199254740993", &[9]),
        ("long:>=9223372036854775807", &[8]),
        ("long:>9223372036854775807", &[]),
        ("long:<=1e300", &[1, 2, 6, 8, 9, 10]),
        ("long:>1e300", &[]),
        // numbers: zero has a sign
        ("double:0", &[1]),
        ("double:-0.0", &[3]),
        ("double:>=0", &[1, 2, 6, 8, 9]),
        ("double:<0", &[3, 6, 10]),
        ("double:{-2.5 TO 0.1]", &[1, 3, 9]),
        ("double:9007199254740992", &[8]),
        // codes are texts
        ("code:404", &[11]),
        ("code:>=400", &[11, 12]),
        ("code:20?", &[13]),
        ("flag:true", &[11, 13]),
        ("flag:false", &[12, 13]),
        ("NOT flag:true", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26]),
        // moments: zones, ends of days, math
        ("date:2026-02-01", &[14, 15, 16, 17]),
        ("date:2026-01-31", &[]),
        ("date:\"2026-02-01T00:30:00Z\"", &[14]),
        ("date:[2026-02-01T01:30:00+01:00 TO 2026-02-01T01:30:00+01:00]", &[14]),
        ("date:<2026-02-01T00:29:59.999Z", &[15, 17]),
        ("date:[2026-01-31||+1d TO 2026-01-31||+1d}", &[]),
        ("date:[2026-01-31||+1d TO 2026-01-31||+1d]", &[15, 17]),
        ("date:>2026-01-31", &[14, 15, 16, 17]),
        ("date:>2026-02-01", &[]),
        ("date:1769904000000", &[15, 17]),
        ("timestamp:>=now-1m", &[1, 2, 3, 4]),
        ("timestamp:<now-10m/m", &[23, 24, 25, 26]),
        // addresses
        ("ip:10.1.2.3", &[14]),
        ("ip:10.0.0.0/8", &[14, 15, 17]),
        ("ip:10.1.2.4", &[15]),
        ("ip:[10.1.2.4 TO 10.255.255.255]", &[15, 17]),
        ("ip:2001\\:db8\\:\\:/32", &[16]),
        // spans
        ("span:2026-01-01T00:00:59.999Z", &[18]),
        ("span:>=2026-01-01T00:01:00Z", &[]),
        ("span:<2026-01-01T00:00:00.001Z", &[18]),
        ("_exists_:span", &[18]),
        // objects in arrays are one
        ("inner.a:1 AND inner.b:y", &[19]),
        ("inner.a:7 AND inner.b:dotted", &[20]),
        ("_exists_:inner", &[19, 20]),
        // what is not indexed
        ("hidden:secret", &[]),
        ("_exists_:hidden", &[]),
        ("_exists_:response", &[21, 22]),
        // headers
        ("response.headers.content-type:css", &[21]),
        ("response.headers.Content-Type:CSS", &[21]),
        ("response.headers.content-type.keyword:css", &[]),
        ("_exists_:response.headers AND NOT response.headers.Content-Encoding:gzip", &[21]),
        ("response.headers.x-own:gzip", &[]),
        ("labels:words AND labels:one", &(1..=26).collect::<Vec<u64>>().leak()[..]),
        ("labels.raw:two", &[]),
    ];
    for (text, expected) in cases {
        let text_query = format!("{text} | from odd | sort sequence | size 100");
        let answer = everywhere(&corpus, &servers, text, &parse_text(&text_query).unwrap());
        let found: Vec<u64> = answer.hits.iter().map(|hit| hit.document["sequence"].as_u64().unwrap()).collect();
        assert_eq!(found, *expected, "{text}");
    }
    for text in [
        "* | sort word | size 100",
        "* | sort word desc | size 100",
        "* | sort long desc, double | size 100",
        "* | sort double | size 100",
        "* | sort date desc | size 10",
        "* | sort ip | size 26",
        "* | sort flag desc | size 26",
        "* | sort text.raw, code desc | size 9",
        "* | size 8",
        "* | size 0",
        "word:nothing | by word | avg long",
        "* | by word | size 0",
        "* | by long | avg double | size 1",
        "* | by flag | sum long",
        "* | by date | count word",
        "* | by ip 3",
        "* | by code | max double",
        "* | by double | min long",
        "* | by labels.raw",
        "* | count long",
        "* | count word",
        "* | min long",
        "* | max double",
        "* | avg date",
        "long:[0 TO 1000] | sum long",
        "word:nothing | min long",
        "word:nothing | sum long",
        "word:nothing | percentiles long",
    ] {
        let query = parse_text(&format!("{text} | from odd")).unwrap();
        everywhere(&corpus, &servers, text, &query);
    }
}

#[test]
fn percentiles_of_clusters_are_close_to_the_exact_ones() {
    let corpus = odd_corpus((0..500).map(|i| json!({ "double": f64::from(i) })).collect());
    let servers = corpus.on_servers();
    let query = parse_text("* | from odd | size 0 | percentiles double 0 1 50 95 100").unwrap();
    let exact: [(f64, f64); 5] = [(0.0, 0.0), (1.0, 4.99), (50.0, 249.5), (95.0, 474.05), (100.0, 499.0)];
    let close = |name: &str, answer: Answer, within: f64| {
        let Some(Figure::Percentiles(found)) = answer.figure else { panic!("no figure of {name}") };
        assert_eq!(found.len(), exact.len());
        for ((percent, exact), (of, found)) in exact.iter().zip(&found) {
            assert!(percent.total_cmp(of).is_eq());
            assert!((exact - found.unwrap()).abs() <= within, "{name} p{percent}: {exact} {found:?}");
        }
    };
    close("memory", corpus.in_memory(&query), 1e-9);
    close("the index", corpus.in_index(&query), 1e-9);
    for stored in &servers {
        close(&stored.server.product().to_string(), stored.ask(&corpus.plan(&query)), 1.0);
    }
}

// ---- documents and queries by chance

const WORDS: &[&str] = &["a", "A", "b c", "", "gzip", "a*b", "Žluť", "text/css; x=1", "one two", "two"];
const LONGS: &[i64] = &[0, 1, -5, 7, 100, 404, i64::MAX, i64::MIN, 9_007_199_254_740_993];
const DOUBLES: &[f64] = &[0.0, -0.0, 0.5, -2.5, 7.0, 1e300, -1e300];
const DATES: &[&str] = &["2026-01-31", "2026-02-01T00:00:00Z", "2026-02-01T01:00:00+02:00", "2026-11-18T10:20:30.456Z"];
const IPS: &[&str] = &["10.1.2.3", "::1", "192.168.0.1"];

fn any_value(field: &'static str) -> BoxedStrategy<Value> {
    match field {
        "long" | "inner.a" => {
            prop_oneof![select(LONGS).prop_map(Value::from), select(LONGS).prop_map(|long| json!(long.to_string())),]
                .boxed()
        }
        "code" => (0_i64..600).prop_map(Value::from).boxed(),
        "double" => select(DOUBLES).prop_map(Value::from).boxed(),
        "flag" => any::<bool>().prop_map(Value::from).boxed(),
        "date" => select(DATES).prop_map(Value::from).boxed(),
        "ip" => select(IPS).prop_map(Value::from).boxed(),
        _ => select(WORDS).prop_map(Value::from).boxed(),
    }
}

const FIELDS: &[&str] = &["word", "text", "both", "twice", "code", "long", "double", "flag", "date", "ip", "inner.a"];

/// Missing, null, one value, several.
fn any_document() -> impl Strategy<Value = Value> {
    let fields: Vec<BoxedStrategy<Option<Value>>> = FIELDS
        .iter()
        .map(|field| {
            let several = prop::collection::vec(any_value(field), 0..3).prop_map(|values| Some(Value::from(values)));
            prop_oneof![
                2 => Just(None),
                1 => Just(Some(Value::Null)),
                4 => any_value(field).prop_map(Some),
                1 => several,
            ]
            .boxed()
        })
        .collect();
    fields.prop_map(|values| {
        let named = FIELDS.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        Value::Object(named.collect())
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let leaf = (select(FIELDS), 0..6_u8).prop_flat_map(|(field, kind)| {
        let name = match (field, kind % 2) {
            ("text", 1) => "text.raw",
            ("both", 1) => "both.keyword",
            (field, _) => field,
        };
        let is_text = ["word", "text", "both", "twice"].contains(&field);
        let is_flag = field == "flag";
        (any_value(field), any_value(field), any::<(bool, bool)>(), any::<(bool, bool)>()).prop_map(
            move |(one, other, (from, to), (with_from, with_to))| {
                let field = name.to_owned();
                let text = one.as_str().unwrap_or_default().to_owned();
                match kind {
                    0 => Filter::Exists { field },
                    1 if is_text => Filter::Contains { field, text },
                    2 if is_text => Filter::Phrase { field, text },
                    3 if is_text => Filter::Wildcard { field, pattern: format!("*{}?", text.replace('*', "\\*")) },
                    4 | 5 if !is_flag && (from || to) => Filter::Range {
                        field,
                        from: from.then_some(Bound { value: one, inclusive: with_from }),
                        to: to.then_some(Bound { value: other, inclusive: with_to }),
                    },
                    _ => Filter::Match { field, value: one },
                }
            },
        )
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Or),
            inner.prop_map(Filter::negated),
        ]
    })
}

fn any_query() -> impl Strategy<Value = Query> {
    const SORTED: &[&str] = &["word", "code", "long", "double", "flag", "date", "ip", "text.raw", "timestamp"];
    let sort = prop::collection::vec((select(SORTED), any::<bool>()), 0..3);
    let group = prop::option::of((select(SORTED), 1..5_usize));
    let kinds = [MetricKind::Count, MetricKind::Min, MetricKind::Max, MetricKind::Avg];
    let metric = prop::option::of((select(kinds.to_vec()), select(&["long", "double", "date"][..])));
    let since = prop::option::of(select(&["now-3m", "now-10m/m", "2026-11-18T10:00:00Z"][..]));
    let run = prop::option::weighted(0.2, any::<Pick>());
    (any_filter(), sort, group, metric, since, run, 0..30_usize).prop_map(
        |(filter, sort, group, metric, since, run, size)| {
            let mut query = Query::of("odd").filter(filter);
            query.sort =
                sort.into_iter().map(|(field, descending)| Order { field: field.to_owned(), descending }).collect();
            query.group = group.map(|(field, size)| Group { field: field.to_owned(), size });
            query.metric = metric.map(|(kind, field)| {
                // Means of numbers that cancel each other depend on the order in which they are added.
                let field = if kind == MetricKind::Avg { "date" } else { field };
                Metric { kind, field: field.to_owned() }
            });
            query.since = since.map(ToOwned::to_owned);
            query.run = run.map(|pick| common(pick.index(3) as u128, 1, 0).uuid.to_string());
            query.size = size;
            query
        },
    )
}

#[test]
fn the_index_on_disk_answers_as_the_evaluator_does() {
    proptest!(Config { failure_persistence: None, ..Config::with_cases(48) }, |(
        documents in prop::collection::vec(any_document(), 0..25),
        queries in prop::collection::vec(any_query(), 1..12),
    )| {
        let corpus = odd_corpus(documents);
        for query in &queries {
            same("the index", &format!("{query:?}"), &corpus.in_memory(query), &corpus.in_index(query));
        }
    });
}

#[test]
fn both_servers_answer_as_the_evaluator_does() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let documents = prop::collection::vec(any_document(), 120).new_tree(&mut runner).unwrap().current();
    let corpus = odd_corpus(documents);
    let servers = corpus.on_servers();
    let servers = if servers.is_empty() { return } else { servers };
    for _ in 0..200 {
        let query = any_query().new_tree(&mut runner).unwrap().current();
        everywhere(&corpus, &servers, &format!("{query:?}"), &query);
    }
}

// ---- the published queries

/// Documents made from the structs: for each query some that it is meant to find, and near misses.
struct Made {
    documents: Vec<(String, Value)>,
    /// Ids of the documents by the query that is meant to find them.
    meant: BTreeMap<&'static str, Vec<String>>,
}

impl Made {
    /// Adds a document, which the queries of these names are meant to find.
    fn add<D: Dataset>(&mut self, document: &D, found_by: &[&'static str]) {
        self.add_at(document, found_by, now().as_millisecond() - 1000);
    }

    fn add_at<D: Dataset>(&mut self, document: &D, found_by: &[&'static str], timestamp: i64) {
        let sequence = self.documents.len() as u64 + 1;
        let whole = assemble(&common(0, sequence, timestamp), document).unwrap();
        assert_eq!(misfits_of(D::NAME, &whole), Vec::<String>::new());
        for name in found_by {
            self.meant.entry(name).or_default().push(id(D::NAME, &whole));
        }
        self.documents.push((D::NAME.to_owned(), whole));
    }
}

fn step(passed: bool, duration: f64, full_title: &str) -> Report {
    let mut step = Report::of(ReportEvent::TestStepEnd);
    (step.passed, step.test_step_duration) = (Some(passed), Some(duration));
    (step.title, step.full_title) = (Some("pay".to_owned()), Some(full_title.to_owned()));
    step
}

fn audit(lcp: f64, tti: f64, cls: f64, score: f64) -> Audit {
    let result = |value| AuditResult { numeric_value: Some(value), score: Some(50.0), details: None };
    let details = json!({ "Total": { "requestCount": 3, "transferSize": 3_000_000_000_u64 }, "Odd-kind": 1 });
    let summary = AuditResult { numeric_value: None, score: None, details: Some(details) };
    let audits = [
        ("largest-contentful-paint", result(lcp)),
        ("interactive", result(tti)),
        ("cumulative-layout-shift", result(cls)),
        ("uses-http2", result(0.0)),
        ("resource-summary", summary),
    ];
    Audit {
        source: "lighthouse".to_owned(),
        lighthouse_version: None,
        requested_url: "https://shop.example/".to_owned(),
        final_url: Some("https://shop.example/home".to_owned()),
        skipped: None,
        run_warnings: None,
        duration: None,
        attachments: None,
        categories: AuditCategories { performance: Some(AuditCategory { score: Some(score) }) },
        environment: None,
        config_settings: None,
        audits: audits.into_iter().map(|(id, result)| (id.to_owned(), result)).collect(),
    }
}

fn entry(kind: &str, name: &str, start: f64) -> PerformanceEntry {
    PerformanceEntry::new(kind, name, start, 10.0)
}

fn request(content_type: &str, encoding: Option<&str>, bytes: i64) -> RequestLog {
    let mut headers = BTreeMap::from([("content-type".to_owned(), content_type.to_owned())]);
    headers.extend(encoding.map(|encoding| ("content-encoding".to_owned(), encoding.to_owned())));
    headers.insert("x-request-id".to_owned(), "javascript gzip".to_owned());
    let initiator = Initiator { kind: Some("parser".to_owned()), url: None, line_number: None, column_number: None };
    RequestLog {
        request_id: "7.1".to_owned(),
        context: Some("pay".to_owned()),
        url: "https://shop.example/javascript.js".to_owned(),
        outcome: "finished",
        error_text: None,
        canceled: None,
        blocked_reason: None,
        cors_error: None,
        redirect_index: 0,
        from_memory_cache: false,
        body_size: 100,
        target: None,
        frame_id: None,
        document_url: None,
        trace_id: None,
        request: LoggedRequest {
            request_id: "7.1".to_owned(),
            timestamp: 1.5,
            wall_time: Some(1_795_000_000.123),
            initiator,
            redirect_has_extra_info: None,
            kind: Some("Script".to_owned()),
            method: "GET".to_owned(),
            headers: BTreeMap::from([("accept".to_owned(), "text/javascript".to_owned())]),
            headers_count: 1,
            initial_priority: None,
            priority: None,
            is_same_site: Some(true),
            post_data: None,
            post_data_parsed: None,
        },
        early_hints: None,
        response: Some(LoggedResponse {
            request_id: "7.1".to_owned(),
            timestamp: Some(1.75),
            status: Some(200),
            wire_status: None,
            status_text: None,
            headers,
            headers_count: 3,
            mime_type: Some("text/javascript".to_owned()),
            connection_reused: None,
            connection_id: None,
            remote_ip_address: Some("10.0.0.1".to_owned()),
            remote_port: Some(54_321),
            from_disk_cache: None,
            from_service_worker: None,
            from_prefetch_cache: None,
            service_worker_response_source: None,
            encoded_data_length: Some(400_000),
            total_encoded_data_length: Some(bytes),
            timing: None,
            response_time: None,
            protocol: Some("h2".to_owned()),
            security_state: None,
        }),
        har: HarTimings {
            blocked: -1.0,
            dns: -1.0,
            connect: -1.0,
            send: 0.1,
            wait: 5.0,
            receive: 1.0,
            ssl: -1.0,
            comment: None,
            time: 6.1,
        },
        web_socket: None,
        tls: None,
        truncated: None,
    }
}

fn published_documents() -> Made {
    let mut made = Made { documents: Vec::new(), meant: BTreeMap::new() };
    // 1 and 2
    made.add(&step(false, 9000.0, "shop buy"), &["failed-steps"]);
    made.add(&step(true, 5000.0, "shop buy"), &["slow-steps"]);
    made.add(&step(true, 4999.9, "shop buy"), &[]);
    made.add(&step(true, 9000.0, "shop known to be slow"), &[]);
    made.add(&Report::of(ReportEvent::TestStart), &[]);
    // 3 and 4
    made.add(&audit(4000.0, 300.0, 0.25, 69.9), &["slow-pages"]);
    made.add(&audit(3999.9, 9000.0, 0.9, 70.0), &["middling-scores"]);
    made.add(&audit(9000.0, 299.9, 0.9, 90.0), &["middling-scores"]);
    // Of a layout shift that was an integer, nothing would be left.
    made.add(&audit(9000.0, 9000.0, 0.2499, 90.1), &[]);
    // 5
    let response =
        |time| PerformanceEntry { response_time: Some(time), ..entry("resource", "https://shop.example/a.js", 1.0) };
    made.add(&response(1000.0), &["slow-responses"]);
    made.add(&response(999.9), &[]);
    made.add_at(&response(2500.5), &["slow-responses"], now().as_millisecond() - 3_600_000);
    made.add_at(&response(9000.0), &[], now().as_millisecond() - 3_600_001);
    // 6
    let styles = |name: &str, ttfb| PerformanceEntry { ttfb: Some(ttfb), ..entry("resource", name, 1.0) };
    made.add(&styles("https://shop.example/main.css", 100.0), &["slow-styles"]);
    made.add(&styles("https://shop.example/main.css", 99.9), &[]);
    made.add(&styles("https://shop.example/main.css?v=1", 500.0), &[]);
    made.add(&styles("https://shop.example/css/main.js", 500.0), &[]);
    // 7
    made.add(&entry("mark", "HE-basket", 2000.0), &["late-marks"]);
    made.add(&entry("mark", "HE-basket", 1999.9), &[]);
    made.add(&entry("measure", "mark", 9000.0), &[]);
    // 8
    let memory = |used| Memory {
        url: "http://shop.example/".into(),
        data: Some(HeapSizes {
            js_heap_size_limit: 4_294_705_152,
            total_js_heap_size: 90_000_000,
            used_js_heap_size: used,
        }),
        metrics: None,
        test_step: Some("pay".to_owned()),
    };
    made.add(&memory(40_000_000), &["large-heaps"]);
    made.add(&memory(39_999_999), &[]);
    // 9 and 10
    made.add(&request("text/javascript; charset=utf-8", None, 499_999), &["uncompressed-scripts"]);
    made.add(&request("application/JavaScript", Some("br"), 1), &["uncompressed-scripts"]);
    made.add(&request("application/javascript", Some("gzip"), 500_000), &["large-transfers"]);
    made.add(&request("text/javascripted", None, 3_000_000_000), &["large-transfers"]);
    // 11
    let coverage = |percent| CoverageAudit {
        url: "https://shop.example/main.js".to_owned(),
        kind: "js",
        page: "https://shop.example/".to_owned(),
        is_exact: true,
        total: 1000,
        unused: 250,
        percent_unused: percent,
        test_step: None,
    };
    made.add(&coverage(25.0), &["unused-code"]);
    made.add(&coverage(24.99), &[]);
    // 12
    let title = |url: &str, title: Option<&str>| SmokeTitle {
        entry_url: url.to_owned(),
        response_url: None,
        title: title.map(ToOwned::to_owned),
        response_status: Some(200),
        response_status_text: None,
        load_event_end: Some(12.5),
    };
    made.add(&title("https://shop.example/", Some("Sorry")), &["wrong-titles"]);
    made.add(&title("https://shop.example/", Some("practice shop")), &["wrong-titles"]);
    made.add(&title("https://shop.example/", None), &["wrong-titles"]);
    made.add(&title("https://shop.example/", Some("Practice shop")), &[]);
    made.add(&title("http://bank.test/", Some("Sorry")), &[]);
    made
}

/// The values that two of them need: what the original had there were names of its author's own.
fn parameters(name: &str) -> BTreeMap<String, String> {
    let given: &[(&str, &str)] = match name {
        "slow-steps" => &[("but", "shop known to be slow")],
        "wrong-titles" => &[("url", "shop.example"), ("title", "Practice shop")],
        _ => &[],
    };
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_published_queries_find_what_they_are_meant_to_find_and_nothing_else() {
    let made = published_documents();
    let corpus = Corpus::new(DatasetSchema::ours(), made.documents);
    let servers = corpus.on_servers();
    for name in PUBLISHED.iter().map(|query| query.name) {
        let query = published(name, &parameters(name)).unwrap();
        let answer = everywhere(&corpus, &servers, name, &query);
        let mut found = ids(&answer);
        found.sort_unstable();
        let mut meant: Vec<&str> = made.meant[name].iter().map(String::as_str).collect();
        meant.sort_unstable();
        assert_eq!(found, meant, "{name}");
    }
}

#[test]
fn daily_indices_of_the_original_are_searched_too() {
    let corpus = Corpus::new(DatasetSchema::ours(), published_documents().documents);
    for stored in corpus.on_servers() {
        // As its template had it: no @timestamp, no attempt, smaller numbers.
        let index = format!("{}report-2024.01.31", stored.names.prefix);
        let mappings = json!({ "properties": {
            "passed": { "type": "boolean" }, "timestamp": { "type": "date" }, "uuid": { "type": "keyword" },
            "sequence": { "type": "short" }, "testStepDuration": { "type": "float" }, "fullTitle": { "type": "keyword" },
        } });
        stored.server.get(Request::new(Method::Put, format!("/{index}")).json(&json!({ "mappings": mappings })));
        let old = json!({
            "uuid": "an-old-id", "sequence": 4, "timestamp": "2024-01-31T10:00:00.000Z", "passed": false,
            "spec": "old.js", "event": "testStepEnd",
        });
        let put = Request::new(Method::Put, format!("/{index}/_doc/old")).query("refresh", "true").json(&old);
        stored.server.get(put);
        let query = published("failed-steps", &BTreeMap::new()).unwrap();
        let answer = stored.ask(&corpus.plan(&query));
        assert_eq!(answer.total, 2, "{answer:?}");
        // The newest first.
        assert_eq!((answer.hits[1].id.as_str(), &answer.hits[1].document), ("old", &old));
        assert_eq!(answer.hits[1].dataset, "report");
    }
}
