//! Which product and version a cluster is, and what that means for what it is asked.
//!
//! A role that may only write is enough: both products name themselves in the headers of every reply, `OpenSearch` with
//! its version. The version of Elasticsearch is asked for at a place that such a role can't see; it is done without then.

use std::fmt;
use std::sync::OnceLock;

use elasticsearch::http::headers::HeaderMap;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::client::Client;
use super::reply::Reply;
use super::request::{Method, Request};
use super::trouble::Trouble;

/// Major, minor and patch.
pub type Version = (u32, u32, u32);

/// What a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// `OpenSearch`.
    OpenSearch,
    /// Something that names itself neither.
    Unknown,
}

/// Product and version of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The product.
    pub product: Product,
    /// The version, when it could be found out: a role that may only write can't ask Elasticsearch for it.
    pub version: Option<Version>,
    /// Whether `_bulk` was found to know `require_data_stream`; only tried when the version doesn't say it.
    require_data_stream: Option<bool>,
}

impl Dialect {
    /// Of this product and version.
    pub const fn new(product: Product, version: Option<Version>) -> Self {
        Self { product, version, require_data_stream: None }
    }

    /// Whether `_bulk?require_data_stream=true` keeps an index from being created by accident: Elasticsearch 8.13.
    pub fn supports_require_data_stream(&self) -> bool {
        match self.version {
            Some(version) => self.product == Product::Elasticsearch && version >= (8, 13, 0),
            None => self.require_data_stream.unwrap_or(false),
        }
    }

    /// Whether a template may have a `lifecycle`, which deletes old documents: Elasticsearch 8.11. Where the version is
    /// kept secret, in Elastic's serverless projects, it may.
    pub fn supports_lifecycle(&self) -> bool {
        self.is_elasticsearch_since((8, 11, 0))
    }

    /// Whether an index template may name component templates that are not there: Elasticsearch 8.7.
    pub fn supports_ignore_missing_component_templates(&self) -> bool {
        self.is_elasticsearch_since((8, 7, 0))
    }

    /// Whether there is index lifecycle management (`_ilm`). `OpenSearch` has a plugin of its own for that.
    pub fn supports_ilm(&self) -> bool {
        self.product == Product::Elasticsearch
    }

    /// The mapping type of an object of which each leaf is a keyword: `flattened`, on `OpenSearch` `flat_object`.
    pub fn flattened(&self) -> &'static str {
        if self.product == Product::OpenSearch { "flat_object" } else { "flattened" }
    }

    /// Why a cluster is none that Canarytrace is made for (Elasticsearch 8 and 9, `OpenSearch` 2 and 3); it may work
    /// all the same.
    pub fn unsupported(&self) -> Option<String> {
        let wanted = "Elasticsearch 8 and 9 and OpenSearch 2 and 3 are supported";
        match (self.product, self.version) {
            (Product::Unknown, _) => Some(format!("the cluster names itself neither product; {wanted}")),
            (Product::Elasticsearch, Some((8 | 9, ..)) | None) | (Product::OpenSearch, Some((2 | 3, ..)) | None) => {
                None
            }
            _ => Some(format!("the cluster is {self}; {wanted}")),
        }
    }

    fn is_elasticsearch_since(&self, since: Version) -> bool {
        self.product == Product::Elasticsearch && self.version.is_none_or(|version| version >= since)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.product {
            Product::Elasticsearch => "Elasticsearch",
            Product::OpenSearch => "OpenSearch",
            Product::Unknown => "an unknown product",
        })?;
        match self.version {
            Some((major, minor, patch)) => write!(f, " {major}.{minor}.{patch}"),
            None => Ok(()),
        }
    }
}

/// What is known of a cluster.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    /// What the headers of some reply said.
    told: OnceLock<(Product, Option<Version>)>,
    dialect: OnceCell<Dialect>,
}

/// Why nothing final is known.
enum Undecided {
    /// There was no reply.
    Trouble(Trouble),
    /// As far as it is known now: the cluster could not tell, and may later.
    ForNow(Dialect),
}

impl Knowledge {
    /// Every reply teaches.
    pub(super) fn learn(&self, headers: &HeaderMap) {
        if let Some(product) = product_of(headers) {
            let _ = self.told.set(product);
        }
    }

    /// Asks the cluster what it is, once.
    ///
    /// # Errors
    /// When there is no reply; it is asked again the next time.
    pub(super) async fn dialect(&self, client: &Client) -> Result<Dialect, Trouble> {
        match self.dialect.get_or_try_init(|| self.detect(client)).await {
            Ok(dialect) => Ok(*dialect),
            Err(Undecided::ForNow(dialect)) => Ok(dialect),
            Err(Undecided::Trouble(trouble)) => Err(trouble),
        }
    }

    /// Elasticsearch leaves its header out of some refusals: when it has to look the user up first. What every writer may
    /// ask tells, by its header or by what it knows.
    async fn ask_by_writing(&self, client: &Client, unknown: Dialect) -> Result<Dialect, Trouble> {
        let known = try_require_data_stream(client).await?;
        Ok(match self.told.get().copied() {
            Some((product, version)) => Dialect::new(product, version.or(unknown.version)),
            None if known == Some(true) => Dialect::new(Product::Elasticsearch, unknown.version),
            None => unknown,
        })
    }

    async fn detect(&self, client: &Client) -> Result<Dialect, Undecided> {
        if let Some((product, version @ Some(_))) = self.told.get().copied() {
            return Ok(Dialect::new(product, version));
        }
        let request = Request::new(Method::Get, "/_nodes/_local").query("filter_path", "nodes.*.version");
        let reply = client.send(request).await.map_err(Undecided::Trouble)?;
        let version = version_of_nodes(&reply);
        let told = product_of(&reply.headers).or_else(|| self.told.get().copied());
        let mut dialect = match told {
            Some((product, of_header)) => Dialect::new(product, of_header.or(version)),
            None => match ask_root(client, version).await.map_err(Undecided::Trouble)? {
                unknown if unknown.product == Product::Unknown => {
                    self.ask_by_writing(client, unknown).await.map_err(Undecided::Trouble)?
                }
                known => known,
            },
        };
        // Not allowed, or not there: it won't be any other next time. What else it is may pass.
        let is_final = reply.is_success() || matches!(reply.status, 403 | 404 | 405 | 410);
        if dialect.product == Product::Elasticsearch && dialect.version.is_none() && is_final {
            dialect.require_data_stream = try_require_data_stream(client).await.map_err(Undecided::Trouble)?;
        }
        if is_final && dialect.product != Product::Unknown { Ok(dialect) } else { Err(Undecided::ForNow(dialect)) }
    }
}

/// The product that a reply is of, and the version of `OpenSearch`.
pub(super) fn product_of(headers: &HeaderMap) -> Option<(Product, Option<Version>)> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(version) = text("x-opensearch-version") {
        // OpenSearch/3.8.0 (opensearch)
        let version = version.split_once('/').and_then(|(_, rest)| parse_version(rest));
        return Some((Product::OpenSearch, version));
    }
    let product = text("x-elastic-product")?;
    product.eq_ignore_ascii_case("elasticsearch").then_some((Product::Elasticsearch, None))
}

/// `8.19.21`, `9.2.0-SNAPSHOT`, `3.8.0 (opensearch)`.
fn parse_version(text: &str) -> Option<Version> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let mut parts = text[..end].split('.').map(str::parse);
    let mut part = || parts.next()?.ok();
    Some((part()?, part()?, part().unwrap_or(0)))
}

/// `{"nodes":{"MIT2_9i4Q_mA8LPULLU1PQ":{"version":"8.19.21"}}}`
fn version_of_nodes(reply: &Reply) -> Option<Version> {
    let body: Value = reply.json().ok()?;
    body["nodes"].as_object()?.values().find_map(|node| parse_version(node["version"].as_str()?))
}

/// What no header names: `OpenSearch` before its header, or behind a proxy that drops headers.
async fn ask_root(client: &Client, version: Option<Version>) -> Result<Dialect, Trouble> {
    let reply = client.send(Request::new(Method::Get, "/")).await?;
    let body: Value = reply.json().unwrap_or_default();
    let number = body["version"]["number"].as_str().and_then(parse_version).or(version);
    let distribution = body["version"]["distribution"].as_str();
    let product = if distribution == Some("opensearch") {
        Product::OpenSearch
    } else if distribution.is_none() && body["tagline"] == "You Know, for Search" {
        Product::Elasticsearch
    } else {
        match number {
            // Elasticsearch names itself since 7.14, and there are no older ones with these numbers about.
            Some((1..=3, ..)) => Product::OpenSearch,
            _ => Product::Unknown,
        }
    };
    Ok(Dialect::new(product, number))
}

/// Whether `_bulk` knows `require_data_stream`: asked with an empty line, which writes nothing and is refused either
/// way, with a reason that tells. Nothing but the right to write is needed.
async fn try_require_data_stream(client: &Client) -> Result<Option<bool>, Trouble> {
    let request = Request::new(Method::Post, "/_bulk").query("require_data_stream", "true").ndjson("\n");
    let reply = client.send(request).await?;
    let reason = reply.reason();
    Ok(match reply.status {
        400 if reason.contains("unrecognized parameter") => Some(false),
        400 if reason.contains("no requests added") => Some(true),
        _ => None,
    })
}
