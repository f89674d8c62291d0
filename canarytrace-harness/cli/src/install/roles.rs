//! Least-privilege roles: what each part of Canarytrace may do in a cluster, and nothing more.

use std::fmt::Write as _;

use canarytrace::elastic::Names;
use clap::ValueEnum;
use serde_json::{Value, json};

/// For whose security the roles are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleForm {
    /// Roles and API keys of Elasticsearch.
    Elasticsearch,
    /// Roles of `OpenSearch` Security.
    Opensearch,
}

/// A role.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Name that we give it.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it may do, as Elasticsearch or `OpenSearch` Security take it.
    pub body: Value,
}

/// The roles for one prefix and namespace.
pub fn roles(names: &Names, form: RoleForm) -> Vec<Role> {
    match form {
        RoleForm::Elasticsearch => elasticsearch(names),
        RoleForm::Opensearch => opensearch(names),
    }
}

/// What each of them is for; the same for both products.
const WRITER: (&str, &str) = (
    "canarytrace_writer",
    "Runs of monitors. `read` and `view_index_metadata` are optional: with them the shipper asks which documents \
     arrived before it sends again after a lost reply; without them it sends again, and counts these as uncertain.",
);
const LISTENER: (&str, &str) =
    ("canarytrace_listener", "The listener: reads documents, looks at the cluster's health, stores its own events.");
const VIEWER: (&str, &str) = ("canarytrace_viewer", "People who look at dashboards.");
const INSTALLER: (&str, &str) = (
    "canarytrace_installer",
    "`canarytrace install` and `uninstall`. Index templates are those of the whole cluster: there is no smaller privilege \
     for them. For --snapshot-policy add `manage_slm` and `monitor_snapshot`, for --snapshot-repository-type \
     `cluster:admin/repository/put`, for --ilm `read_ilm`.",
);

fn elasticsearch(names: &Names) -> Vec<Role> {
    let streams = names.stream("*");
    // Readers see every namespace, and what the original wrote.
    let all = format!("{}*", names.prefix);
    let role = |(name, about): (&'static str, &'static str), cluster: &[&str], indices: Value| Role {
        name,
        about,
        body: json!({ "cluster": cluster, "indices": indices }),
    };
    let indices = |names: &str, privileges: &[&str]| json!({ "names": [names], "privileges": privileges });
    vec![
        role(WRITER, &[], json!([indices(&streams, &["create_doc", "auto_configure", "read", "view_index_metadata"])])),
        role(
            LISTENER,
            &["monitor"],
            json!([
                indices(&all, &["read", "view_index_metadata"]),
                indices(&names.stream("listener.events"), &["create_doc", "auto_configure"]),
            ]),
        ),
        role(VIEWER, &[], json!([indices(&all, &["read", "view_index_metadata"])])),
        role(INSTALLER, &["manage_index_templates", "monitor"], json!([indices(&streams, &["manage"])])),
    ]
}

fn opensearch(names: &Names) -> Vec<Role> {
    let streams = names.stream("*");
    // Readers see every namespace, and what the original wrote.
    let all = format!("{}*", names.prefix);
    // The names of the indices behind data streams.
    let with_backing = |streams: &str| json!([streams, format!(".ds-{streams}-*")]);
    let role = |(name, about): (&'static str, &'static str), cluster: &[&str], index: Value| Role {
        name,
        about,
        body: json!({ "cluster_permissions": cluster, "index_permissions": index }),
    };
    let index = |streams: &str, actions: &[&str]| json!({ "index_patterns": with_backing(streams), "allowed_actions": actions });
    let write = [
        "indices:data/write/bulk*",
        "indices:data/write/index",
        "indices:admin/create",
        "indices:admin/data_stream/create",
        "indices:admin/mapping/put",
    ];
    let read = ["read", "indices:monitor/settings/get", "indices:admin/mappings/get", "indices:admin/get"];
    let templates = [
        "cluster:admin/component_template/*",
        "indices:admin/index_template/*",
        "cluster:monitor/health",
        "cluster:monitor/nodes/info",
    ];
    vec![
        role(
            WRITER,
            &["indices:data/write/bulk", "indices:data/read/mget"],
            json!([index(&streams, &[&write[..], &read[..]].concat())]),
        ),
        role(
            LISTENER,
            &["cluster_monitor", "indices:data/write/bulk", "cluster_composite_ops_ro"],
            json!([index(&all, &read), index(&names.stream("listener.events"), &write)]),
        ),
        role(VIEWER, &["cluster_composite_ops_ro"], json!([index(&all, &read)])),
        role(
            INSTALLER,
            &templates,
            json!([index(&streams, &["indices_monitor", "manage", "indices:admin/data_stream/*"])]),
        ),
    ]
}

/// The roles as requests for the console (Dev Tools), and what to do with them.
pub fn print_roles(names: &Names, form: RoleForm) -> String {
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = match form {
        RoleForm::Elasticsearch => writeln!(
            text,
            "# Roles for Elasticsearch. Paste them into Kibana's Dev Tools; a key is used as\n# CANARYTRACE_ELASTIC_API_KEY=<encoded>."
        ),
        RoleForm::Opensearch => writeln!(
            text,
            "# Roles for OpenSearch Security. Paste them into Dashboards' Dev Tools, and map users to them\n\
             # (PUT _plugins/_security/api/rolesmapping/<role>)."
        ),
    };
    for role in roles(names, form) {
        let body = serde_json::to_string_pretty(&role.body).unwrap_or_default();
        let _ = writeln!(text, "\n{}", comment(role.about));
        let _ = match form {
            RoleForm::Elasticsearch => {
                let key = json!({
                    "name": role.name,
                    "role_descriptors": { role.name: role.body },
                    "metadata": { "managed_by": "canarytrace" },
                });
                let key = serde_json::to_string_pretty(&key).unwrap_or_default();
                writeln!(text, "PUT /_security/role/{}\n{body}\n\nPOST /_security/api_key\n{key}", role.name)
            }
            RoleForm::Opensearch => writeln!(text, "PUT /_plugins/_security/api/roles/{}\n{body}", role.name),
        };
    }
    text
}

fn comment(text: &str) -> String {
    crate::print::wrap(text, "# ").trim_end().to_owned()
}
