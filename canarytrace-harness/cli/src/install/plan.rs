//! What an installation would change, before anything is.

use std::fmt::Write as _;

use anyhow::bail;
use canarytrace::elastic::Names;
use canarytrace::elastic::templates::{
    COMPONENT_VERSION, Change, Template, TemplateKind, Templates, Wanted, changes, is_ours, template_leaves,
    template_version,
};
use serde_json::Value;

use super::cluster::Cluster;
use super::overrides::Overrides;
use super::streams::StreamPlan;

/// What there is to do.
#[derive(Debug)]
pub struct Plan {
    /// Every template, those too that stay as they are.
    pub templates: Vec<PlannedTemplate>,
    /// `@custom` component templates that have to be there and are not.
    pub custom: Vec<Template>,
    /// The data streams that are there already and are otherwise than their templates.
    pub streams: Vec<StreamPlan>,
    /// Hash of the templates.
    pub schema: String,
}

/// A template and what becomes of it.
#[derive(Debug)]
pub struct PlannedTemplate {
    /// As it has to be.
    pub template: Template,
    /// Whether there is none yet.
    pub is_new: bool,
    /// What is otherwise in the cluster.
    pub changes: Vec<Change>,
}

impl PlannedTemplate {
    /// Whether it has to be put.
    pub fn is_to_be_put(&self) -> bool {
        self.is_new || !self.changes.is_empty()
    }
}

impl Plan {
    /// Looks at the cluster.
    ///
    /// # Errors
    /// When it does not answer, a newer version has installed its templates, a template of our names is another's, or
    /// another template would win over ours.
    pub async fn make(cluster: &Cluster<'_>, wanted: &Wanted) -> anyhow::Result<Self> {
        let present = Present::look(cluster).await?;
        let Templates { templates, custom, schema } = Templates::of(wanted, cluster.dialect());
        check_conflicts(&present, &templates, wanted)?;
        let mut planned = Vec::new();
        for template in templates {
            let found = present.find(template.kind, &template.name);
            if let Some(found) = found {
                check_owner(found, &template, &wanted.names)?;
            }
            let changes = found.map(|found| differences(found, &template)).unwrap_or_default();
            planned.push(PlannedTemplate { is_new: found.is_none(), changes, template });
        }
        let custom =
            custom.into_iter().filter(|template| present.find(template.kind, &template.name).is_none()).collect();
        let mut streams = Vec::new();
        for dataset in &wanted.datasets {
            let overrides = Overrides::of(&present, &wanted.names, &dataset.name);
            streams.extend(StreamPlan::make(cluster, wanted, dataset, &overrides).await?);
        }
        Ok(Self { templates: planned, custom, streams, schema })
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.custom.is_empty() && self.streams.is_empty() && !self.templates.iter().any(PlannedTemplate::is_to_be_put)
    }

    /// What would change, for people.
    pub fn diff(&self) -> String {
        let mut text = String::new();
        let put = self.templates.iter().filter(|template| template.is_to_be_put());
        for PlannedTemplate { template, is_new, changes } in put {
            let words = template.kind.words();
            // Writing to a String can't fail.
            if *is_new {
                let leaves = template_leaves(&template.body);
                let fields = leaves.keys().filter(|path| path.rsplit('.').next() == Some("type")).count();
                let _ = match template.kind {
                    TemplateKind::Component if fields > 0 => {
                        writeln!(text, "+ {words} {} ({fields} fields)", template.name)
                    }
                    _ => writeln!(text, "+ {words} {}", template.name),
                };
            } else {
                let _ = writeln!(text, "~ {words} {}", template.name);
                for change in changes {
                    let _ = writeln!(text, "    {change}");
                }
            }
        }
        for template in &self.custom {
            let _ =
                writeln!(text, "+ {} {} (empty, for what you want otherwise)", template.kind.words(), template.name);
        }
        for stream in &self.streams {
            let _ = write!(text, "{stream}");
        }
        text
    }
}

/// What a cluster has of templates.
pub(super) struct Present {
    templates: Vec<(TemplateKind, String, Value)>,
}

impl Present {
    /// All of them: those of others may stand in our way.
    pub(super) async fn look(cluster: &Cluster<'_>) -> anyhow::Result<Self> {
        let mut templates = Vec::new();
        for (kind, list, inner) in [
            (TemplateKind::Component, "component_templates", "component_template"),
            (TemplateKind::Index, "index_templates", "index_template"),
        ] {
            let mut answer = cluster.get(&format!("/{}", kind.path())).await?.unwrap_or_default();
            for template in answer[list].as_array_mut().into_iter().flatten() {
                let name = template["name"].as_str().unwrap_or_default().to_owned();
                templates.push((kind, name, template[inner].take()));
            }
        }
        Ok(Self { templates })
    }

    pub(super) fn find(&self, kind: TemplateKind, name: &str) -> Option<&Value> {
        self.of_kind(kind).find(|(found, _)| *found == name).map(|(_, template)| template)
    }

    pub(super) fn of_kind(&self, kind: TemplateKind) -> impl Iterator<Item = (&str, &Value)> {
        let of_kind = self.templates.iter().filter(move |(found, _, _)| *found == kind);
        of_kind.map(|(_, name, template)| (name.as_str(), template))
    }
}

fn differences(found: &Value, template: &Template) -> Vec<Change> {
    changes(&template_leaves(found), &template_leaves(&template.body))
}

fn check_owner(found: &Value, template: &Template, names: &Names) -> anyhow::Result<()> {
    let (words, name) = (template.kind.words(), &template.name);
    if !is_ours(found, names) {
        bail!(
            "the {words} {name} is not ours (its _meta.managed_by is not canarytrace); rename or delete it, or set \
             INDEX_PREFIX or CANARYTRACE_NAMESPACE to something else"
        );
    }
    let (theirs, ours) = (template_version(found), template_version(&template.body));
    if theirs > ours {
        let theirs = found["_meta"]["version"].as_str().unwrap_or_default();
        bail!(
            "the {words} {name} was installed by Canarytrace {theirs}, and this is {COMPONENT_VERSION}: installing would \
             take fields away; use `canarytrace install` of {theirs} or newer"
        );
    }
    Ok(())
}

/// Templates of others that would win over ours, or that the cluster would refuse ours for.
fn check_conflicts(present: &Present, templates: &[Template], wanted: &Wanted) -> anyhow::Result<()> {
    let mut conflicts = String::new();
    for template in templates.iter().filter(|template| template.kind == TemplateKind::Index) {
        let others = present.of_kind(TemplateKind::Index).filter(|(name, _)| *name != template.name);
        for (name, other) in others {
            let priority = other["priority"].as_u64().unwrap_or(0);
            let patterns = other["index_patterns"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let matching = patterns.filter(|pattern| matches(pattern, &template.name)).collect::<Vec<_>>();
            if priority >= u64::from(wanted.priority) && !matching.is_empty() {
                // Writing to a String can't fail.
                let _ = writeln!(
                    conflicts,
                    "  {name} (priority {priority}) matches {} by {}",
                    template.name,
                    matching.join(", ")
                );
            }
        }
    }
    if conflicts.is_empty() {
        return Ok(());
    }
    bail!(
        "index templates of others would win over ours, whose priority is {}:\n{conflicts}change or delete them, or give \
         ours more with --priority",
        wanted.priority
    )
}

/// Whether a pattern of an index template, in which `*` is any text, matches a name.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_cluster_matches_them() {
        for pattern in ["c.report-default", "c.*", "*", "*-default", "c.*-*", "*report*", "c.report-*"] {
            assert!(matches(pattern, "c.report-default"), "{pattern}");
        }
        for pattern in ["c.report", "c.report-", "*-other", "d.*", "c.*report-default-*", "report*", ""] {
            assert!(!matches(pattern, "c.report-default"), "{pattern}");
        }
    }
}
