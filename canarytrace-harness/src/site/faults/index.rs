//! `/faults/`: what there is, and what for.

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::{Fault, echo, http, leads_on, resources, scripts, stall};
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};

/// The groups of pages that misbehave. A new group is one more line here and in [`routes`].
const GROUPS: [(&str, &[Fault]); 6] = [
    ("Answers", http::FAULTS),
    ("Waiting", stall::FAULTS),
    ("Leading on", leads_on::FAULTS),
    ("Parts of the page", resources::FAULTS),
    ("Scripts and markup", scripts::FAULTS),
    ("What the browser sends", echo::FAULTS),
];

/// Everything below `/faults/`.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new()
        .route("/", get(index))
        .merge(http::routes())
        .merge(stall::routes())
        .merge(leads_on::routes())
        .merge(resources::routes())
        .merge(scripts::routes())
        .merge(echo::routes())
}

async fn index(session: Session) -> Response {
    let row = |fault: &Fault| {
        html!(
            r#"<tr><th scope="row"><a href="/faults/{example}"><code>{pattern}</code></a></th><td>{does}</td><td>{purpose}</td></tr>"#,
            example = fault.example,
            pattern = fault.pattern.unwrap_or(fault.example),
            does = fault.does,
            purpose = fault.purpose,
        )
    };
    let group = |(title, faults): &(&str, &[Fault])| {
        html!(
            r#"<h2>{title}</h2>
<div class="scrolls"><table><thead><tr><th scope="col">Below /faults/</th><th scope="col">What it does</th>
<th scope="col">What for</th></tr></thead><tbody>{rows}</tbody></table></div>"#,
            title,
            rows = faults.iter().map(row).collect::<Markup>(),
        )
    };
    let content = html!(
        r#"<h1>Pages that misbehave</h1>
<p class="lead">Each does one thing wrong, always in the same way. Some never end: that is what they are for.</p>
{groups}"#,
        groups = GROUPS.iter().map(group).collect::<Markup>(),
    );
    session.page(Page::new("Pages that misbehave", "finding the page with the fault that you need.", content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_list_names_every_page_and_every_link_in_it_leads_to_one() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let page = client.get("/faults/").await;
        assert_eq!(page.status, 200);
        assert_eq!(client.get("/faults").await.header("location"), "/faults/");
        for fault in GROUPS.iter().flat_map(|(_, faults)| *faults) {
            assert!(page.body.contains(&format!(r#"href="/faults/{}""#, fault.example)), "{}", fault.example);
            if fault.example == "never-answers" {
                continue; // `stall` has a test of its own for it.
            }
            let answer = client.get(&format!("/faults/{}", fault.example)).await;
            assert!(!answer.body.contains("There is no such page here."), "{} is routed", fault.example);
        }
    }
}
