//! The frame of every page: head, header with search and menu, and the footer that says what the page is for.

use crate::site::assets::{self, Asset};
use crate::site::catalogue::CATEGORIES;
use crate::site::html::{Markup, html};
use crate::site::pages::PRACTICE_USER_NAME;
use crate::site::switches::{Switch, Switches};
use crate::site::visitor::Visitor;

/// A page, without its frame.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// Its title. The home page's is the shop's name; the others get that behind theirs.
    pub(super) title: Title<'a>,
    /// What the page is for, as the footer says it.
    pub(super) purpose: &'a str,
    /// The search term in the search field, and so the entry of the menu that is marked.
    pub(super) searched: &'a str,
    /// Style and scripts that this page has beside the shop's, in their order.
    pub(super) assets: Vec<&'static Asset>,
    /// Whether it goes without the shop's header, menu and script, as documents in frames and popups do.
    pub(super) bare: bool,
    /// What stands between header and footer.
    pub(super) content: Markup,
}

/// What stands in `<title>`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Title<'a> {
    /// The shop's name alone.
    Home,
    /// The page's name, then the shop's.
    Of(&'a str),
    /// No `<title>` element: the fault that smoke mode must notice.
    None,
}

impl<'a> Page<'a> {
    /// A page with this title, purpose and content.
    pub(super) fn new(title: &'a str, purpose: &'a str, content: Markup) -> Self {
        Self { title: Title::Of(title), purpose, searched: "", assets: Vec::new(), bare: false, content }
    }

    /// The whole document, as this visitor sees it, with these faults.
    pub(super) fn render(mut self, visitor: &Visitor, switches: &Switches) -> Markup {
        if switches.on(Switch::JsError) {
            self.assets.push(&assets::SHOP_ERROR);
        }
        let banner = switches.on(Switch::CookieBanner).then(|| {
            self.assets.push(&assets::SHOP_BANNER);
            Markup::of_ours(COOKIE_BANNER)
        });
        let title = match self.title {
            Title::Home => html!("<title>Practice shop</title>"),
            Title::Of(title) => html!("<title>{title} – Practice shop</title>", title),
            Title::None => Markup::default(),
        };
        let notice = visitor
            .notice
            .as_deref()
            .map(|notice| html!(r#"<p class="notice" role="status" data-test="notice">{notice}</p>"#, notice));
        let own_assets = self.assets.iter().map(|asset| asset.element()).collect::<Markup>();
        if self.bare {
            return bare(&title, &own_assets, &self.content, self.purpose);
        }
        html!(
            r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{title}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="{icon}">
<link rel="stylesheet" href="{style}">
<script src="{script}" defer></script>
{own_assets}</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
{header}
<main id="content" class="wrap" tabindex="-1">
{notice}{content}
</main>
{footer}
{banner}</body>
</html>
"##,
            title,
            icon = assets::BIRD.path(),
            style = assets::STYLE.path(),
            script = assets::SHOP.path(),
            own_assets,
            header = header(self.searched, visitor),
            notice,
            content = self.content,
            footer = footer(self.purpose, &visitor.switches),
            banner,
        )
    }
}

/// A document without the shop around it.
fn bare(title: &Markup, own_assets: &Markup, content: &Markup, purpose: &str) -> Markup {
    html!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{title}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="{style}">
{own_assets}</head>
<body class="bare">
<main>
{content}
</main>
<footer data-test="page-purpose"><strong>What this page is for:</strong> {purpose}</footer>
</body>
</html>
"#,
        title,
        style = assets::STYLE.path(),
        own_assets,
        content,
        purpose,
    )
}

fn header(searched: &str, visitor: &Visitor) -> Markup {
    let entry = |category: &&str| {
        let current = category.eq_ignore_ascii_case(searched).then(|| Markup::of_ours(r#" aria-current="page""#));
        html!(r#"<li><a href="/search?q={category}"{current}>{category}</a></li>"#, category, current)
    };
    let account = if visitor.signed_in {
        html!(
            r#"<span class="account">Hello, <strong data-test="account-name">{name}</strong></span>
<form class="account" method="post" action="/logout"><button class="quiet" data-test="log-out">Log out</button></form>"#,
            name = PRACTICE_USER_NAME,
        )
    } else {
        html!(r#"<a class="account" href="/login" data-test="log-in-link">Log in</a>"#)
    };
    let items = visitor.basket.items();
    html!(
        r#"<header class="top">
<div class="wrap bar">
<a class="brand" href="/" data-test="home-link">{bird}<span>Practice shop</span></a>
<div class="menu" id="menu" data-test="menu">
<form class="search" role="search" action="/search">
<label class="unseen" for="q">Search for products</label>
<input id="q" name="q" type="search" placeholder="Search for products" maxlength="100" value="{searched}"
 data-test="search-input">
<button data-test="search-button">Search</button>
</form>
<nav aria-label="Categories"><ul>{categories}</ul></nav>
{account}
</div>
<a class="basket-link" id="basket" href="/basket" data-test="basket-link"><span class="unseen">Basket: </span>{icon}<span
 data-test="basket-count">{items}</span></a>
<button class="menu-button" type="button" aria-expanded="false" aria-controls="menu" data-test="menu-button"><span
 class="bars" aria-hidden="true"></span>Menu</button>
</div>
</header>"#,
        bird = Markup::of_ours(assets::BIRD.content()),
        searched,
        categories = CATEGORIES.iter().map(entry).collect::<Markup>(),
        account,
        icon = Markup::of_ours(BASKET_ICON),
        items = counted(items),
    )
}

/// Covers the shop until it is accepted.
const COOKIE_BANNER: &str = r#"<div role="dialog" aria-label="Cookies" id="cookie-banner" data-test="cookie-banner"
 style="position: fixed; inset: 0; z-index: 9; display: grid; place-items: center; background: rgb(0 0 0 / 55%)">
<div class="panel"><p>We use cookies, like everyone who asks.</p><button type="button" data-test="accept-cookies">Accept cookies</button></div></div>
"#;

const BASKET_ICON: &str = r#"<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"><path d="M3 10h18l-2 10H5zM8 10l3-6M16 10l-3-6"/></svg>"#;

fn footer(purpose: &str, switches: &Switches) -> Markup {
    let names = switches.names();
    let faults = (!names.is_empty()).then(|| {
        let names = names.join(", ");
        html!(r#"<p class="problem" data-test="faults-on">Faults switched on: {names}</p>"#, names)
    });
    html!(
        r#"<footer class="bottom">
<div class="wrap">
{faults}<p data-test="page-purpose"><strong>What this page is for:</strong> {purpose}</p>
<p>The practice shop is part of Canarytrace. Nothing is sold here and nothing leaves this machine.
<a href="/practice/" data-test="practice-link">Pages to practise on</a>,
<a href="/faults/" data-test="faults-link">pages that misbehave</a>,
<a href="/switchboard" data-test="switchboard-link">switchboard of faults</a>,
<a href="/api/" data-test="api-link">API</a></p>
</div>
</footer>"#,
        faults,
        purpose,
    )
}

/// `1 item`, `2 items`.
pub(super) fn counted(items: u32) -> String {
    if items == 1 { "1 item".to_owned() } else { format!("{items} items") }
}
