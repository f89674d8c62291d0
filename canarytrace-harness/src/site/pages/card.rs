//! A product as it stands in a list of products.

use crate::site::catalogue::{Product, euros};
use crate::site::html::{Markup, html};
use crate::site::switches::{Switch, Switches};

/// A grid of products, with these faults.
pub(super) fn grid<'a>(products: impl IntoIterator<Item = &'a Product>, switches: &Switches) -> Markup {
    html!(
        r#"<ul class="grid">{cards}</ul>"#,
        cards = products.into_iter().map(|product| card(product, switches)).collect::<Markup>()
    )
}

fn card(product: &Product, switches: &Switches) -> Markup {
    let picture = if switches.on(Switch::BrokenImages) {
        html!(
            r#"<img class="picture" src="/pictures/missing-{slug}.svg" alt="{alt}">"#,
            slug = product.slug,
            alt = product.alt
        )
    } else {
        product.inline_picture()
    };
    html!(
        r#"<li class="card" data-test="product-{slug}">
<a href="/products/{slug}" data-test="product-link-{slug}">{picture}<span class="name">{name}</span></a>
<p class="tagline">{tagline}</p>
<div class="buy"><span class="price">{price}</span>
<form method="post" action="/basket/add"><input type="hidden" name="product" value="{slug}"><input type="hidden"
 name="quantity" value="1"><button data-test="add-{slug}" aria-label="Add {name} to the basket">Add</button></form></div>
</li>"#,
        slug = product.slug,
        picture,
        name = product.name,
        tagline = product.tagline,
        price = (!switches.on(Switch::PriceMissing)).then(|| euros(product.price)),
    )
}
