//! The templates of one installation: prefix, namespace and datasets.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use super::mapping::mappings;
use super::retention::{Keep, Retention};
use crate::elastic::{Dialect, Names};
use crate::record::{Common, DatasetSchema, FieldSchema};

/// Value of `_meta.managed_by` in what is ours.
pub const MANAGED_BY: &str = "canarytrace";

/// Priority of our index templates, above those that the products bring along (at most 250).
pub const PRIORITY: u32 = 500;

/// Version of what this program installs.
pub const COMPONENT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Most fields of an index, unless ours are more: nothing adds fields by itself, but `@custom` may.
const TOTAL_FIELDS: usize = 1000;

/// What is to be installed.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Prefix and namespace.
    pub names: Names,
    /// Datasets, ours and those of monitors.
    pub datasets: Vec<DatasetSchema>,
    /// How long documents are kept.
    pub retention: Retention,
    /// Name of a policy of index lifecycle management that replaces the retention.
    pub ilm: Option<String>,
    /// Priority of the index templates.
    pub priority: u32,
    /// Documents with fields that have no mapping are refused: for tests.
    pub strict: bool,
}

impl Wanted {
    /// All our datasets, and everything as it usually is.
    pub fn new(names: Names) -> Self {
        Self {
            names,
            datasets: DatasetSchema::ours(),
            retention: Retention::default(),
            ilm: None,
            priority: PRIORITY,
            strict: false,
        }
    }
}

/// Which kind of template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TemplateKind {
    /// `_component_template`.
    Component,
    /// `_index_template`.
    Index,
}

impl TemplateKind {
    /// The part of the path that names it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Component => "_component_template",
            Self::Index => "_index_template",
        }
    }

    /// As messages call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Component => "component template",
            Self::Index => "index template",
        }
    }
}

/// A template as it is put.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Which kind it is.
    pub kind: TemplateKind,
    /// Its name.
    pub name: String,
    /// Its body.
    pub body: Value,
}

/// All templates of an installation.
#[derive(Clone, Debug)]
pub struct Templates {
    /// In the order in which they are put: component templates first.
    pub templates: Vec<Template>,
    /// Empty `@custom` component templates, which are put where there are none and are the user's from then on.
    pub custom: Vec<Template>,
    /// Hash of all of them: equal hashes are equal installations. Each has one of its own in `_meta.schema`.
    pub schema: String,
}

impl Templates {
    /// The templates that `wanted` asks for, in the words of a product.
    pub fn of(wanted: &Wanted, dialect: Dialect) -> Self {
        let names = &wanted.names;
        let (settings, common) = (all_component(names, "settings"), all_component(names, "mappings"));
        let mut components = vec![
            component(settings.clone(), json!({ "template": { "settings": stream_settings(wanted) } })),
            component(common.clone(), json!({ "template": { "mappings": common_mappings(wanted.strict) } })),
        ];
        let mut indices = Vec::new();
        let mut custom = vec![custom_component(names, None)];
        for dataset in &wanted.datasets {
            let stream = names.stream(&dataset.name);
            let own = format!("{stream}@canarytrace");
            let own_custom = custom_component(names, Some(&dataset.name));
            let mut template = json!({ "mappings": mappings(&dataset.fields, wanted.strict) });
            if dialect.supports_lifecycle() && wanted.ilm.is_none() {
                template["lifecycle"] = lifecycle(wanted.retention.of(&dataset.name));
            }
            components.push(component(own.clone(), json!({ "template": template })));
            let mut body = json!({
                "index_patterns": [stream],
                "priority": wanted.priority,
                "data_stream": {},
                "composed_of": [settings, common, own, custom[0], own_custom],
            });
            if dialect.supports_ignore_missing_component_templates() {
                body["ignore_missing_component_templates"] = json!([custom[0], own_custom]);
            }
            indices.push(Template { kind: TemplateKind::Index, name: stream, body });
            custom.push(own_custom);
        }
        let mut templates = components;
        templates.append(&mut indices);
        let schema = hash(templates.iter());
        for template in &mut templates {
            let stream = template.name.trim_end_matches("@canarytrace");
            let about = wanted.datasets.iter().find(|dataset| names.stream(&dataset.name) == stream);
            let about = about.map(|dataset| dataset.doc.as_str());
            template.body["_meta"] = meta(names, Some(&hash([&*template])), about);
        }
        // Where one may be missing, a missing one is an empty one.
        let mut custom: Vec<_> = custom.into_iter().map(|name| component(name, json!({ "template": {} }))).collect();
        for template in &mut custom {
            template.body["_meta"] =
                meta(names, None, Some("Yours: what is in here wins. Canarytrace never changes it."));
        }
        if dialect.supports_ignore_missing_component_templates() {
            custom.clear();
        }
        Self { templates, custom, schema }
    }

    /// Those of one kind.
    pub fn of_kind(&self, kind: TemplateKind) -> impl Iterator<Item = &Template> {
        self.templates.iter().filter(move |template| template.kind == kind)
    }
}

/// Name of the component template that is the user's: of all datasets, or of one.
pub fn custom_component(names: &Names, dataset: Option<&str>) -> String {
    format!("{}@custom", names.stream(dataset.unwrap_or(MANAGED_BY)))
}

fn all_component(names: &Names, what: &str) -> String {
    format!("{}@{what}", names.stream(MANAGED_BY))
}

fn component(name: String, body: Value) -> Template {
    Template { kind: TemplateKind::Component, name, body }
}

fn meta(names: &Names, schema: Option<&str>, about: Option<&str>) -> Value {
    let mut meta = json!({
        "managed_by": MANAGED_BY,
        "version": COMPONENT_VERSION,
        "prefix": names.prefix,
        "namespace": names.namespace,
    });
    if let Some(schema) = schema {
        meta["schema"] = schema.into();
    }
    if let Some(about) = about {
        meta["description"] = about.into();
    }
    meta
}

/// Whether the `_meta` of a template says that it is ours, of this prefix and namespace.
pub fn is_ours(template: &Value, names: &Names) -> bool {
    let meta = &template["_meta"];
    meta["managed_by"] == MANAGED_BY && meta["prefix"] == *names.prefix && meta["namespace"] == *names.namespace
}

/// The version of Canarytrace that put a template, as numbers that compare.
pub fn template_version(template: &Value) -> Option<(u64, u64, u64)> {
    version(template["_meta"]["version"].as_str()?)
}

/// `1.2.3` as numbers, without what follows them.
fn version(text: &str) -> Option<(u64, u64, u64)> {
    let plain = text.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(|part| part.parse::<u64>().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// The mappings of a dataset's data stream: common fields and its own.
pub fn stream_mappings(dataset: &DatasetSchema, strict: bool) -> Value {
    let mut all = common_mappings(strict);
    let own = mappings(&dataset.fields, strict);
    if let (Some(all), Value::Object(own)) = (all["properties"].as_object_mut(), &own["properties"]) {
        for (name, field) in own {
            // `summary` adds fields to the object `monitor` that every document has.
            match (all.get_mut(name).and_then(|there| there.get_mut("properties")), &field["properties"]) {
                (Some(Value::Object(there)), Value::Object(more)) => there.extend(more.clone()),
                _ => {
                    all.insert(name.clone(), field.clone());
                }
            }
        }
    }
    all
}

/// The settings of every data stream.
pub fn stream_settings(wanted: &Wanted) -> Value {
    let most = wanted.datasets.iter().map(|dataset| count(&dataset.fields)).max().unwrap_or(0);
    let fields = TOTAL_FIELDS.max((most + count(&common_fields())) * 2);
    let mut settings = json!({
        // Half the disk for a little more work of the server; documents are read far less often than written.
        "codec": "best_compression",
        "mapping": { "total_fields": { "limit": fields.to_string() } },
        // A cluster of one node is green, and one of several keeps a copy.
        "auto_expand_replicas": "0-1",
    });
    if let Some(policy) = &wanted.ilm {
        settings["lifecycle"] = json!({ "name": policy });
    }
    // `translog.durability` stays as it is, `request`: what was acknowledged must survive.
    json!({ "index": settings })
}

/// How many mapped fields there are, sub-fields too.
fn count(fields: &[FieldSchema]) -> usize {
    let own = |field: &FieldSchema| 1 + usize::from(field.kind.sub_field().is_some()) + field.name.matches('.').count();
    fields.iter().map(|field| own(field) + count(&field.fields)).sum()
}

fn common_fields() -> Vec<FieldSchema> {
    Common::FIELDS.iter().map(FieldSchema::of).collect()
}

fn common_mappings(strict: bool) -> Value {
    let mut mappings = mappings(&common_fields(), strict);
    // Nothing is guessed, not even where a user lets fields be added.
    mappings["date_detection"] = json!(false);
    mappings
}

fn lifecycle(keep: Keep) -> Value {
    match keep {
        Keep::Days(_) => json!({ "enabled": true, "data_retention": keep.to_string() }),
        Keep::Forever => json!({ "enabled": true }),
    }
}

/// The first 16 digits of the SHA-256 of these bodies.
fn hash<'a>(templates: impl IntoIterator<Item = &'a Template>) -> String {
    // Sorted, so that neither the order of fields nor that of templates matters.
    let all: BTreeMap<_, _> = templates.into_iter().map(|template| (&template.name, sorted(&template.body))).collect();
    let text = serde_json::to_string(&all).unwrap_or_default();
    let digest = digest(&SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(&digest.as_ref()[..8])
}

/// `value` with the fields of its objects in the order of their names.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted_fields: BTreeMap<_, _> = fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(sorted_fields.into_iter().map(|(name, value)| (name.clone(), value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
