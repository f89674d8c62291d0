//! A product as it stands in a list of products.

use crate::site::catalogue::{Product, euros};
use crate::site::html::{Markup, html};

/// A grid of products.
pub(super) fn grid<'a>(products: impl IntoIterator<Item = &'a Product>) -> Markup {
    html!(r#"<ul class="grid">{cards}</ul>"#, cards = products.into_iter().map(card).collect::<Markup>())
}

fn card(product: &Product) -> Markup {
    html!(
        r#"<li class="card" data-test="product-{slug}">
<a href="/products/{slug}" data-test="product-link-{slug}">{picture}<span class="name">{name}</span></a>
<p class="tagline">{tagline}</p>
<div class="buy"><span class="price">{price}</span>
<form method="post" action="/basket/add"><input type="hidden" name="product" value="{slug}"><input type="hidden"
 name="quantity" value="1"><button data-test="add-{slug}" aria-label="Add {name} to the basket">Add</button></form></div>
</li>"#,
        slug = product.slug,
        picture = product.inline_picture(),
        name = product.name,
        tagline = product.tagline,
        price = euros(product.price),
    )
}
