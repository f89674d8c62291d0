//! Puts the templates into a cluster and looks whether they are what they should be.

use anyhow::Context as _;
use canarytrace::elastic::Client;
use canarytrace::elastic::templates::Wanted;

use super::cluster::{Cluster, part, put};
use super::overrides::Overrides;
use super::plan::{Plan, Present};
use super::verify;

/// What an installation did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Installed {
    /// Templates that were put, of how many.
    pub put: usize,
    /// All templates of the installation.
    pub templates: usize,
    /// Empty `@custom` component templates that were put.
    pub custom: usize,
    /// What became of data streams that were there already, one line each.
    pub notes: Vec<String>,
}

impl Installed {
    /// Whether everything was as it should be already.
    pub fn is_nothing(&self) -> bool {
        self.put == 0 && self.custom == 0 && self.notes.is_empty()
    }
}

/// Makes a cluster that answers have everything that `wanted` asks for.
///
/// # Errors
/// When it does not answer, refuses something, or makes something else of it than was meant.
pub async fn install(client: &Client, wanted: &Wanted) -> anyhow::Result<Installed> {
    let cluster = Cluster::ask(client).await?;
    let plan = Plan::make(&cluster, wanted).await?;
    apply(&cluster, wanted, &plan, &mut |_| {}).await
}

/// Carries out a plan; `step` is told of each template before it is put.
pub(super) async fn apply(
    cluster: &Cluster<'_>,
    wanted: &Wanted,
    plan: &Plan,
    step: &mut dyn FnMut(&str),
) -> anyhow::Result<Installed> {
    let mut installed = Installed { templates: plan.templates.len(), ..Installed::default() };
    // First what others are composed of.
    for template in &plan.custom {
        step(&template.name);
        let path = format!("/{}/{}", template.kind.path(), part(&template.name));
        // `create`: one that somebody made meanwhile is theirs.
        let create = put(&path, &template.body).query("create", "true");
        let reply = cluster.try_send(create.clone()).await?;
        if reply.is_success() {
            installed.custom += 1;
        } else if cluster.get(&path).await?.is_none() {
            // It is neither there nor could it be put; why is told.
            cluster.send(create).await?;
        }
    }
    for planned in plan.templates.iter().filter(|planned| planned.is_to_be_put()) {
        let template = &planned.template;
        step(&template.name);
        let path = format!("/{}/{}", template.kind.path(), part(&template.name));
        cluster
            .send(put(&path, &template.body))
            .await
            .with_context(|| format!("the {} {} could not be installed", template.kind.words(), template.name))?;
        installed.put += 1;
    }
    // What `@custom` says may have changed since the plan was made.
    let present = Present::look(cluster).await?;
    for dataset in &wanted.datasets {
        let stream = wanted.names.stream(&dataset.name);
        step(&stream);
        let overrides = Overrides::of(&present, &wanted.names, &dataset.name);
        verify::check(cluster, wanted, dataset, &overrides).await?;
    }
    for plan in &plan.streams {
        step(&plan.stream);
        installed.notes.push(format!("{}: {}", plan.stream, plan.apply(cluster).await?));
    }
    Ok(installed)
}
